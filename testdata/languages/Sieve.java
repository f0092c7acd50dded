import java.util.Scanner;

/** Reads a number and prints how many primes are below it. */
class Sieve {
    public static void main(String[] args) {
        int limit = new Scanner(System.in).nextInt();
        int[] factor = new int[limit]; // 0 for a prime
        int count = 0;
        for (int i = 2; i < limit; i++) {
            if (factor[i] != 0) {
                continue;
            }
            count++;
            for (long j = (long) i * i; j < limit; j += i) {
                factor[(int) j] = i;
            }
        }
        System.out.println(count);
    }
}
