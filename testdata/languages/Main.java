import java.util.Scanner;

/** Prints the sum of the integers on stdin, or hello if there are none. */
public class Main {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        long sum = 0;
        long count = 0;
        for (; in.hasNextLong(); count++) {
            sum += in.nextLong();
        }
        System.out.println(count > 0 ? Long.toString(sum) : "hello");
    }
}
