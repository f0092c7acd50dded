/*
 * ipc_posix plant|find NAME: a shared memory object, a semaphore and a message queue of
 * that name. "plant" makes them and leaves them; "find" looks for them. Reports shm, sem
 * and mqueue, each ok or ENOENT, EPERM and the like.
 *
 * ok. What one run plants no other run finds, and the machine (/dev/shm) doesn't show.
 */
#include "common.h"
#include <mqueue.h>
#include <semaphore.h>

int main(int argc, char **argv)
{
	int plant = mode(argc, argv, "plant");
	int flags = plant ? O_RDWR | O_CREAT : O_RDWR;
	char name[256];

	if (argc != 3 || (!plant && !mode(argc, argv, "find")))
		usage("ipc_posix plant|find NAME");
	snprintf(name, sizeof name, "/%s", argv[2]);
	report("shm", shm_open(name, flags, 0666));
	report("sem", sem_open(name, plant ? O_CREAT : 0, 0666, 1) == SEM_FAILED ? -1 : 0);
	report("mqueue", mq_open(name, flags, 0666, NULL));
	return 0;
}
