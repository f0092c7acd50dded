package constant

import "golang.org/x/sys/unix"

var (
	// Family is a family of addresses.
	Family = &Set{mask: all, choices: []constant{
		{"AF_UNSPEC", unix.AF_UNSPEC}, {"AF_UNIX", unix.AF_UNIX}, {"AF_INET", unix.AF_INET},
		{"AF_AX25", unix.AF_AX25}, {"AF_IPX", unix.AF_IPX}, {"AF_APPLETALK", unix.AF_APPLETALK},
		{"AF_INET6", unix.AF_INET6}, {"AF_KEY", unix.AF_KEY}, {"AF_NETLINK", unix.AF_NETLINK},
		{"AF_PACKET", unix.AF_PACKET}, {"AF_RDS", unix.AF_RDS}, {"AF_CAN", unix.AF_CAN}, {"AF_TIPC", unix.AF_TIPC},
		{"AF_BLUETOOTH", unix.AF_BLUETOOTH}, {"AF_ALG", unix.AF_ALG}, {"AF_VSOCK", unix.AF_VSOCK},
		{"AF_KCM", unix.AF_KCM}, {"AF_QIPCRTR", unix.AF_QIPCRTR}, {"AF_SMC", unix.AF_SMC}, {"AF_XDP", unix.AF_XDP},
		{"AF_MCTP", unix.AF_MCTP},
	}}

	// Socket is a type of socket.
	Socket = &Set{mask: 0xf, choices: []constant{
		{"SOCK_STREAM", unix.SOCK_STREAM}, {"SOCK_DGRAM", unix.SOCK_DGRAM}, {"SOCK_RAW", unix.SOCK_RAW},
		{"SOCK_RDM", unix.SOCK_RDM}, {"SOCK_SEQPACKET", unix.SOCK_SEQPACKET}, {"SOCK_DCCP", unix.SOCK_DCCP},
		{"SOCK_PACKET", unix.SOCK_PACKET},
	}, bits: []constant{
		{"SOCK_NONBLOCK", unix.SOCK_NONBLOCK}, {"SOCK_CLOEXEC", unix.SOCK_CLOEXEC},
	}}

	// Protocol is a protocol over IP.
	Protocol = &Set{mask: all, choices: []constant{
		{"IPPROTO_IP", unix.IPPROTO_IP}, {"IPPROTO_ICMP", unix.IPPROTO_ICMP}, {"IPPROTO_IGMP", unix.IPPROTO_IGMP},
		{"IPPROTO_TCP", unix.IPPROTO_TCP}, {"IPPROTO_UDP", unix.IPPROTO_UDP}, {"IPPROTO_IPV6", unix.IPPROTO_IPV6},
		{"IPPROTO_ICMPV6", unix.IPPROTO_ICMPV6}, {"IPPROTO_SCTP", unix.IPPROTO_SCTP},
		{"IPPROTO_UDPLITE", unix.IPPROTO_UDPLITE}, {"IPPROTO_RAW", unix.IPPROTO_RAW},
		{"IPPROTO_MPTCP", unix.IPPROTO_MPTCP},
	}}

	// Message is how a message is sent or received.
	Message = &Set{bits: []constant{
		{"MSG_OOB", unix.MSG_OOB}, {"MSG_PEEK", unix.MSG_PEEK}, {"MSG_DONTROUTE", unix.MSG_DONTROUTE},
		{"MSG_CTRUNC", unix.MSG_CTRUNC}, {"MSG_TRUNC", unix.MSG_TRUNC}, {"MSG_DONTWAIT", unix.MSG_DONTWAIT},
		{"MSG_EOR", unix.MSG_EOR}, {"MSG_WAITALL", unix.MSG_WAITALL}, {"MSG_CONFIRM", unix.MSG_CONFIRM},
		{"MSG_ERRQUEUE", unix.MSG_ERRQUEUE}, {"MSG_NOSIGNAL", unix.MSG_NOSIGNAL}, {"MSG_MORE", unix.MSG_MORE},
		{"MSG_WAITFORONE", unix.MSG_WAITFORONE}, {"MSG_ZEROCOPY", unix.MSG_ZEROCOPY},
		{"MSG_FASTOPEN", unix.MSG_FASTOPEN}, {"MSG_CMSG_CLOEXEC", unix.MSG_CMSG_CLOEXEC},
	}}

	// Shutdown is which way is shut.
	Shutdown = &Set{mask: all, choices: []constant{
		{"SHUT_RD", unix.SHUT_RD}, {"SHUT_WR", unix.SHUT_WR}, {"SHUT_RDWR", unix.SHUT_RDWR},
	}}

	// Level is whose option it is.
	Level = &Set{mask: all, choices: []constant{
		{"SOL_SOCKET", unix.SOL_SOCKET}, {"SOL_IP", unix.SOL_IP}, {"SOL_TCP", unix.SOL_TCP},
		{"SOL_UDP", unix.SOL_UDP}, {"SOL_IPV6", unix.SOL_IPV6}, {"SOL_RAW", unix.SOL_RAW},
		{"SOL_NETLINK", unix.SOL_NETLINK},
	}}

	// Option is an option of SOL_SOCKET.
	Option = &Set{mask: all, choices: []constant{
		{"SO_DEBUG", unix.SO_DEBUG}, {"SO_REUSEADDR", unix.SO_REUSEADDR}, {"SO_TYPE", unix.SO_TYPE},
		{"SO_ERROR", unix.SO_ERROR}, {"SO_DONTROUTE", unix.SO_DONTROUTE}, {"SO_BROADCAST", unix.SO_BROADCAST},
		{"SO_SNDBUF", unix.SO_SNDBUF}, {"SO_RCVBUF", unix.SO_RCVBUF}, {"SO_KEEPALIVE", unix.SO_KEEPALIVE},
		{"SO_OOBINLINE", unix.SO_OOBINLINE}, {"SO_PRIORITY", unix.SO_PRIORITY}, {"SO_LINGER", unix.SO_LINGER},
		{"SO_REUSEPORT", unix.SO_REUSEPORT}, {"SO_PASSCRED", unix.SO_PASSCRED}, {"SO_PEERCRED", unix.SO_PEERCRED},
		{"SO_RCVLOWAT", unix.SO_RCVLOWAT}, {"SO_SNDLOWAT", unix.SO_SNDLOWAT}, {"SO_RCVTIMEO", unix.SO_RCVTIMEO},
		{"SO_SNDTIMEO", unix.SO_SNDTIMEO}, {"SO_BINDTODEVICE", unix.SO_BINDTODEVICE},
		{"SO_ATTACH_FILTER", unix.SO_ATTACH_FILTER}, {"SO_DETACH_FILTER", unix.SO_DETACH_FILTER},
		{"SO_PEERNAME", unix.SO_PEERNAME}, {"SO_TIMESTAMP", unix.SO_TIMESTAMP},
		{"SO_ACCEPTCONN", unix.SO_ACCEPTCONN}, {"SO_PEERSEC", unix.SO_PEERSEC},
		{"SO_SNDBUFFORCE", unix.SO_SNDBUFFORCE}, {"SO_RCVBUFFORCE", unix.SO_RCVBUFFORCE}, {"SO_MARK", unix.SO_MARK},
		{"SO_PROTOCOL", unix.SO_PROTOCOL}, {"SO_DOMAIN", unix.SO_DOMAIN}, {"SO_ATTACH_BPF", unix.SO_ATTACH_BPF},
		{"SO_INCOMING_CPU", unix.SO_INCOMING_CPU}, {"SO_COOKIE", unix.SO_COOKIE}, {"SO_ZEROCOPY", unix.SO_ZEROCOPY},
	}}
)
