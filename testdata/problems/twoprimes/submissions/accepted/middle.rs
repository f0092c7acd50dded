fn prime(n: u64) -> bool {
    n > 1 && (2..).take_while(|d| d * d <= n).all(|d| n % d != 0)
}

fn main() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let n: u64 = line.trim().parse().unwrap();
    let p = (2..=n / 2).rev().find(|&p| prime(p) && prime(n - p)).unwrap();
    println!("{} {}", p, n - p);
}
