// build: -fno-stack-protector -fcf-protection=none
// arch: amd64
// expect: segmentation fault: execution of address 0x4141414141 (return to a bad address: the stack was overwritten)*
static __attribute__((noinline)) void smash(void)
{
	long *volatile frame = __builtin_frame_address(0);

	frame[1] = 0x4141414141;
}

int main(void)
{
	smash();
	return 0;
}
