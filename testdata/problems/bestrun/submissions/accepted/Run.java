import java.util.Scanner;

class Run {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        long n = in.nextLong(), x = in.nextLong(), a = in.nextLong(), b = in.nextLong(), m = in.nextLong();
        long run = 0, best = -m;
        for (; n > 0; n--, x = (a * x + b) % m) {
            run = Math.max(run, 0) + x - m / 2;
            best = Math.max(best, run);
        }
        System.out.println(best);
    }
}
