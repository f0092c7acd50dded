import java.util.Scanner;

class Guess {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int low = 1, high = 1000;
        while (true) {
            int guess = (low + high) >>> 1;
            System.out.println(guess);
            switch (in.next()) {
                case "higher": low = guess + 1; break;
                case "lower": high = guess - 1; break;
                default: return;
            }
        }
    }
}
