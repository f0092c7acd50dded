import java.time.Year;
import java.util.Scanner;

class Leap {
    public static void main(String[] args) {
        StringBuilder out = new StringBuilder();
        for (Scanner in = new Scanner(System.in); in.hasNextInt();)
            out.append(Year.isLeap(in.nextInt()) ? "yes" : "no").append('\n');
        System.out.print(out);
    }
}
