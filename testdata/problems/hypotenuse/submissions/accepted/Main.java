import java.util.Scanner;

class Main {
    public static void main(String[] args) {
        String[] legs = new Scanner(System.in).nextLine().split(" ");
        System.out.println(Math.hypot(Double.parseDouble(legs[0]), Double.parseDouble(legs[1])));
    }
}
