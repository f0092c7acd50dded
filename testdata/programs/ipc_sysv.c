/*
 * ipc_sysv plant|find KEY: a shared memory segment, a semaphore set and a message queue
 * with that key. "plant" makes them, with something in them, and leaves them; "find" looks
 * for them. Reports shm, sem and msg, each ok or ENOENT, EPERM and the like.
 *
 * ok. What one run plants no other run finds, and the machine (ipcs) doesn't show.
 */
#include "common.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

int main(int argc, char **argv)
{
	int plant = mode(argc, argv, "plant");
	key_t key = number(argc, argv, 2, 0);
	int flags = plant ? IPC_CREAT | 0666 : 0;
	struct {
		long type;
		char text[8];
	} message = { 1, "planted" };
	int shm, sem, msg;

	if (argc != 3 || key == 0 || (!plant && !mode(argc, argv, "find")))
		usage("ipc_sysv plant|find KEY");
	shm = shmget(key, 4096, flags);
	report("shm", shm);
	sem = semget(key, 1, flags);
	report("sem", sem);
	msg = msgget(key, flags);
	report("msg", msg);
	if (plant && shm >= 0)
		strcpy(shmat(shm, NULL, 0), "planted");
	if (plant && msg >= 0)
		msgsnd(msg, &message, sizeof message.text, 0);
	return 0;
}
