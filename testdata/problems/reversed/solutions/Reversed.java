public class Reversed {
    public static void main(String[] args) throws java.io.IOException {
        String word = new String(System.in.readAllBytes()).trim();
        System.out.println(new StringBuilder(word).reverse());
    }
}
