public class Deep {
    static long sum(long n) {
        return n + sum(n + 1);
    }

    public static void main(String[] args) {
        System.out.println(sum(1));
    }
}
