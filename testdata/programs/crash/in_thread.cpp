// build: -pthread
// expect: segmentation fault: write to address 0x10 (null pointer, offset 0x10) in Worker::run(std::vector<int, std::allocator<int> > const&) at in_thread.cpp:HERE
#include <thread>
#include <vector>

struct Worker {
	long steps[8];
	__attribute__((noinline)) void run(const std::vector<int> &input);
};

void Worker::run(const std::vector<int> &input)
{
	steps[2] = input.size(); // HERE
}

int main()
{
	Worker *volatile worker = nullptr;
	std::vector<int> input(3);

	std::thread([&] { worker->run(input); }).join();
	return 0;
}
