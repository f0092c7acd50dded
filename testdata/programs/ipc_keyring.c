/*
 * ipc_keyring plant|find NAME: a key of that name in the session keyring and in the user
 * keyring, which belongs to the user id and outlives every process. "plant" makes them and
 * leaves them; "find" looks for them. Reports session and user, each ok, ENOKEY, EPERM and
 * the like.
 *
 * ok. What one run plants no other run finds: not even runs under the same user id.
 */
#include "common.h"
#include <sys/syscall.h>

#define SESSION_KEYRING (-3L)
#define USER_KEYRING (-4L)
#define KEYCTL_SEARCH 10L

static long key(int plant, const char *name, long keyring)
{
	if (plant)
		return syscall(SYS_add_key, "user", name, "planted", 7L, keyring);
	return syscall(SYS_keyctl, KEYCTL_SEARCH, keyring, "user", name, 0L);
}

int main(int argc, char **argv)
{
	int plant = mode(argc, argv, "plant");

	if (argc != 3 || (!plant && !mode(argc, argv, "find")))
		usage("ipc_keyring plant|find NAME");
	report("session", key(plant, argv[2], SESSION_KEYRING));
	report("user", key(plant, argv[2], USER_KEYRING));
	return 0;
}
