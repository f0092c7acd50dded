/*
 * ipc_socket plant|find NAME [PORT]: a listener at the abstract unix socket of that name,
 * and one at a TCP port of the loopback. "plant" leaves a daemon that listens, for 60
 * seconds; "find" connects. Reports unix and tcp, each ok, ECONNREFUSED and the like.
 *
 * ok. What one run plants no other run finds: the daemon is dead when its run is, and
 * runs at the same time have networks of their own.
 */
#include "common.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv)
{
	int plant = mode(argc, argv, "plant");
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct sockaddr_in loopback = {
		.sin_family = AF_INET,
		.sin_port = htons(number(argc, argv, 3, 0)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int (*attach)(int, const struct sockaddr *, socklen_t) = plant ? bind : connect;
	socklen_t length;
	int fd;

	if (argc < 3 || strlen(argv[2]) >= sizeof name.sun_path || (!plant && !mode(argc, argv, "find")))
		usage("ipc_socket plant|find NAME [PORT]");
	memcpy(name.sun_path + 1, argv[2], strlen(argv[2]));
	length = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(argv[2]);

	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	report("unix", fd < 0 ? -1 : attach(fd, (struct sockaddr *)&name, length));
	if (plant && fd >= 0)
		listen(fd, 8);
	if (argc > 3) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		report("tcp", fd < 0 ? -1 : attach(fd, (struct sockaddr *)&loopback, sizeof loopback));
		if (plant && fd >= 0)
			listen(fd, 8);
	}
	if (plant && fork_or_die() == 0) {
		setsid();
		for (fd = 0; fd < 3; fd++)
			close(fd);
		if (fork_or_die() == 0)
			sleep_ms(60 * 1000);
	}
	return 0;
}
