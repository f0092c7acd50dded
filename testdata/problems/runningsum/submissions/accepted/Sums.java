import java.util.Scanner;

public class Sums {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        StringBuilder out = new StringBuilder();
        long sum = 0;
        for (int n = in.nextInt(); n > 0; n--) {
            sum += in.nextLong();
            out.append(sum).append('\n');
        }
        System.out.print(out);
    }
}
