/*
 * ipc_file plant|find NAME: a file of that name in every directory that is commonly
 * writable, the working and the home directory among them. "plant" makes them and leaves
 * them; "find" looks for them. Reports file[DIRECTORY]=ok or ENOENT and the like.
 *
 * ok. What one run plants no other run finds, but in a directory that the caller gave
 * both of them to write to.
 */
#include "common.h"

int main(int argc, char **argv)
{
	const char *const directories[] = {
		".", "/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/dev/mqueue", "/dev", "/", "/home",
		getenv("HOME"), getenv("TMPDIR"),
	};
	int plant = mode(argc, argv, "plant");

	if (argc != 3 || (!plant && !mode(argc, argv, "find")))
		usage("ipc_file plant|find NAME");
	for (size_t i = 0; i < LENGTH(directories); i++) {
		char path[4096], name[4200];

		if (!directories[i])
			continue;
		snprintf(path, sizeof path, "%s/%s", directories[i], argv[2]);
		snprintf(name, sizeof name, "file[%s]", directories[i]);
		report(name, open(path, plant ? O_WRONLY | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0666));
	}
	return 0;
}
