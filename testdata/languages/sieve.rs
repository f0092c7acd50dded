//! Reads a number and prints how many primes are below it.
use std::io;

fn main() {
    let mut line = String::new();
    io::stdin().read_line(&mut line).unwrap();
    let limit: usize = line.trim().parse().unwrap();
    let mut factor = vec![0u32; limit]; // 0 for a prime
    let mut count = 0;
    for i in 2..limit {
        if factor[i] == 0 {
            count += 1;
            for j in (i * i..limit).step_by(i) {
                factor[j] = i as u32;
            }
        }
    }
    println!("{}", count);
}
