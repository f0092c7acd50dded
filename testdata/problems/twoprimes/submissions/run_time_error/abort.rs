fn main() {
    let primes: Vec<u32> = vec![];
    println!("{}", primes[0]);
}
