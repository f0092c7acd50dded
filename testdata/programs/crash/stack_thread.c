// build: -pthread
// expect: segmentation fault: write to address * (stack overflow) in depth() at stack_thread.c:HERE
#include <pthread.h>
#include <stddef.h>

static __attribute__((noinline)) int depth(int n) // HERE
{ // HERE
	volatile char frame[512];
	frame[n & 511] = n; // HERE
	return n < 0 ? 0 : depth(n + 1) + frame[n & 7]; // HERE
}

static void *run(void *unused)
{
	(void)unused;
	return (void *)(long)depth(1);
}

int main(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, run, NULL);
	pthread_join(thread, NULL);
	return 0;
}
