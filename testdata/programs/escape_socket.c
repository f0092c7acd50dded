/*
 * escape_socket families
 * escape_socket connect ADDRESS PORT: a TCP connection to an IPv4 address
 * escape_socket unix PATH: a connection to the socket of that path, "@NAME" for abstract ones
 *
 * Looks for somebody to talk to. "families" creates a socket of each kind and reports
 * NAME=ok or NAME=EPERM and the like; the others report connect=ok or connect=ECONNREFUSED.
 *
 * No connection may be ok to anything outside the sandbox. ok, or violation under a policy
 * that kills.
 */
#include "common.h"
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static void families(void)
{
	ATTEMPT("unix", socket(AF_UNIX, SOCK_STREAM, 0));
	ATTEMPT("tcp", socket(AF_INET, SOCK_STREAM, 0));
	ATTEMPT("udp", socket(AF_INET, SOCK_DGRAM, 0));
	ATTEMPT("tcp6", socket(AF_INET6, SOCK_STREAM, 0));
	ATTEMPT("raw", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	ATTEMPT("packet", socket(AF_PACKET, SOCK_RAW, 0));
	ATTEMPT("netlink_route", socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
	ATTEMPT("netlink_netfilter", socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER));
	ATTEMPT("netlink_audit", socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT));
	ATTEMPT("alg", socket(AF_ALG, SOCK_SEQPACKET, 0));
	ATTEMPT("vsock", socket(AF_VSOCK, SOCK_STREAM, 0));
	ATTEMPT("bluetooth", socket(AF_BLUETOOTH, SOCK_RAW, 0));
	ATTEMPT("xdp", socket(AF_XDP, SOCK_RAW, 0));
}

static long connect_inet(const char *address, long port)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (inet_pton(AF_INET, address, &name.sin_addr) != 1)
		usage("escape_socket connect ADDRESS PORT");
	return fd < 0 ? -1 : connect(fd, (struct sockaddr *)&name, sizeof name);
}

static long connect_unix(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	size_t length = strlen(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (length >= sizeof name.sun_path)
		usage("escape_socket unix PATH");
	memcpy(name.sun_path, path, length);
	if (*path == '@')
		name.sun_path[0] = 0;
	return fd < 0 ? -1 : connect(fd, (struct sockaddr *)&name, offsetof(struct sockaddr_un, sun_path) + length);
}

int main(int argc, char **argv)
{
	if (argc == 2 && mode(argc, argv, "families"))
		families();
	else if (argc == 4 && mode(argc, argv, "connect"))
		ATTEMPT("connect", connect_inet(argv[2], number(argc, argv, 3, 0)));
	else if (argc == 3 && mode(argc, argv, "unix"))
		ATTEMPT("connect", connect_unix(argv[2]));
	else
		usage("escape_socket families | connect ADDRESS PORT | unix PATH");
	return 0;
}
