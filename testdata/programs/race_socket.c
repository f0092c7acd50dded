/*
 * race_socket reach DIR: tries every way to talk to, to make and to find out about names of
 *	AF_UNIX sockets in a directory: DIR/stream and DIR/message, at which somebody listens,
 *	DIR/secret, a file, DIR/none and DIR/new, which are not there. Reports each, and beside them what
 *	is no business of names: pair, tcp, udp, nonblocking, refused, interrupted.
 * race_socket memory DIR MILLISECONDS: tries for so long to find out whether DIR/secret exists,
 *	by rewriting the address of a connect on a socket of a pair
 * race_socket descriptor DIR MILLISECONDS: the same, and the socket is exchanged as well
 *
 * The latter report other=COUNT, refused=COUNT and leaked=COUNT. No name of a socket may be
 * reached or made, nor is it told what is there: EACCES, or violation under rules that kill.
 */
#include "common.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static const char *directory;

union address {
	struct sockaddr any;
	struct sockaddr_un name;
	struct sockaddr_in inet;
};

static socklen_t in(const char *file, union address *a)
{
	memset(a, 0, sizeof *a);
	a->name.sun_family = AF_UNIX;
	if (snprintf(a->name.sun_path, sizeof a->name.sun_path, "%s/%s", directory, file) >= (int)sizeof a->name.sun_path)
		usage("race_socket: the directory's name is too long");
	return offsetof(struct sockaddr_un, sun_path) + strlen(a->name.sun_path) + 1;
}

/* One end of a pair, the other of which stays open. */
static int end(int type)
{
	int fds[2];

	return socketpair(AF_UNIX, type, 0, fds) ? -1 : fds[0];
}

static long connect_to(int fd, const char *file)
{
	union address a;
	socklen_t size = in(file, &a);

	return fd < 0 ? -1 : connect(fd, &a.any, size);
}

static long bind_to(int fd, const char *file)
{
	union address a;
	socklen_t size = in(file, &a);

	return fd < 0 ? -1 : bind(fd, &a.any, size);
}

static long send_to(int fd, const char *file, int how)
{
	union address a;
	socklen_t size = in(file, &a);
	struct iovec data = { "x", 1 };
	struct mmsghdr messages = { .msg_hdr = { .msg_name = &a, .msg_namelen = size, .msg_iov = &data, .msg_iovlen = 1 } };

	if (fd < 0)
		return -1;
	if (how == 0)
		return sendto(fd, "x", 1, 0, &a.any, size);
	return how == 1 ? sendmsg(fd, &messages.msg_hdr, 0) : sendmmsg(fd, &messages, 1, 0);
}

/* A connection to ourselves by TCP, which waits for nobody, or to where nobody listens. */
static long tcp(int listens, int flags)
{
	union address a = { .inet = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof a.inet;
	int fd = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_STREAM | flags, 0);
	char c = 0;

	if (fd < 0 || other < 0 || bind(fd, &a.any, size) || getsockname(fd, &a.any, &size) || (listens && listen(fd, 1)))
		return -1;
	if (connect(other, &a.any, size) && errno != EINPROGRESS)
		return -1;
	fd = accept(fd, NULL, NULL);
	return write(fd, "x", 1) == 1 && (flags || (read(other, &c, 1) == 1 && c == 'x')) ? 0 : -1;
}

static void caught(int signal) { (void)signal; }

/* A connection to ourselves that nobody takes, until a signal comes. */
static long interrupted(void)
{
	union address a = { .inet = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };
	struct sigaction action = { .sa_handler = caught };
	socklen_t size = sizeof a.inet;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, &a.any, size) || getsockname(fd, &a.any, &size) || listen(fd, 0))
		return -1;
	for (int i = 0; i < 4; i++)
		connect(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), &a.any, size);
	sigaction(SIGALRM, &action, NULL);
	ualarm(100000, 0);
	return connect(socket(AF_INET, SOCK_STREAM, 0), &a.any, size);
}

static long udp(void)
{
	union address a = { .inet = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof a.inet;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), other = socket(AF_INET, SOCK_DGRAM, 0);
	char c = 0;

	if (bind(fd, &a.any, size) || getsockname(fd, &a.any, &size) || sendto(other, "x", 1, 0, &a.any, size) != 1 ||
	    connect(other, &a.any, size) || send(other, "x", 1, 0) != 1)
		return -1;
	return read(fd, &c, 1) == 1 && c == 'x' ? 0 : -1;
}

static long pair(void)
{
	int fds[2];
	char c = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) || write(fds[0], "x", 1) != 1)
		return -1;
	return read(fds[1], &c, 1) == 1 && c == 'x' ? 0 : -1;
}

static void reach(void)
{
	static const char *const ways[] = { "sendto", "sendmsg", "sendmmsg" };
	char name[64];

	ATTEMPT("stream", connect_to(socket(AF_UNIX, SOCK_STREAM, 0), "stream"));
	ATTEMPT("message", connect_to(socket(AF_UNIX, SOCK_DGRAM, 0), "message"));
	ATTEMPT("bind", bind_to(socket(AF_UNIX, SOCK_STREAM, 0), "new"));
	for (int how = 0; how < 3; how++) {
		ATTEMPT(ways[how], send_to(socket(AF_UNIX, SOCK_DGRAM, 0), "message", how));
		snprintf(name, sizeof name, "pair_%s", ways[how]);
		ATTEMPT(name, send_to(end(SOCK_DGRAM), "message", how));
		snprintf(name, sizeof name, "raw_%s", ways[how]);
		ATTEMPT(name, send_to(end(SOCK_RAW | SOCK_CLOEXEC), "message", how));
	}
	ATTEMPT("pair_message", connect_to(end(SOCK_DGRAM), "message"));
	ATTEMPT("pair_stream", connect_to(end(SOCK_STREAM), "stream"));
	ATTEMPT("pair_packet", connect_to(end(SOCK_SEQPACKET), "stream"));
	ATTEMPT("pair_secret", connect_to(end(SOCK_STREAM), "secret"));
	ATTEMPT("pair_missing", connect_to(end(SOCK_STREAM), "none"));
	ATTEMPT("pair_bind", bind_to(end(SOCK_STREAM), "new"));
	ATTEMPT("packet_bind", bind_to(end(SOCK_SEQPACKET), "new"));
	ATTEMPT("pair", pair());
	ATTEMPT("udp", udp());
	ATTEMPT("tcp", tcp(1, 0));
	ATTEMPT("nonblocking", tcp(1, SOCK_NONBLOCK));
	ATTEMPT("refused", tcp(0, 0));
	ATTEMPT("interrupted", interrupted());
}

static struct {
	union address address;
	atomic_int over;
	int fd, pair, udp;
} shared;

static void *swap_many(void *exchange)
{
	for (unsigned turn = 0; !shared.over; turn++) {
		shared.address.any.sa_family = turn % 2 ? AF_INET : AF_UNIX;
		if (exchange)
			dup2(turn / 2 % 2 ? shared.pair : shared.udp, shared.fd);
	}
	return NULL;
}

static void race(long ms, int exchange)
{
	long other = 0, refused = 0, leaked = 0;
	long long stop = read_clock(CLOCK_MONOTONIC) + ms * 1000000LL;
	socklen_t size = in("secret", &shared.address);
	pthread_t thread;

	shared.pair = end(SOCK_STREAM);
	shared.udp = socket(AF_INET, SOCK_DGRAM, 0);
	shared.fd = dup(shared.pair);
	if (shared.pair < 0 || shared.udp < 0 || shared.fd < 0)
		die("socket");
	if ((errno = pthread_create(&thread, NULL, swap_many, exchange ? &shared : NULL)))
		die("pthread_create");
	/* On a busy machine a few tries take long. */
	for (int i = 0; read_clock(CLOCK_MONOTONIC) < stop || (i < 100000 && (refused < 10 || other < 10)); i++) {
		long result = connect(shared.fd, &shared.address.any, size);

		if (result < 0 && errno == EACCES)
			refused++;
		else if (result < 0 && (errno == ENOENT || errno == ECONNREFUSED || errno == EISCONN || errno == EPROTOTYPE))
			leaked++;
		else
			other++;
	}
	shared.over = 1;
	pthread_join(thread, NULL);
	printf("other=%ld\nrefused=%ld\nleaked=%ld\n", other, refused, leaked);
}

int main(int argc, char **argv)
{
	directory = text(argc, argv, 2, "");
	if (argc == 3 && mode(argc, argv, "reach"))
		reach();
	else if (argc == 4 && (mode(argc, argv, "memory") || mode(argc, argv, "descriptor")))
		race(number(argc, argv, 3, 0), mode(argc, argv, "descriptor"));
	else
		usage("race_socket reach DIR | memory DIR MILLISECONDS | descriptor DIR MILLISECONDS");
	return 0;
}
