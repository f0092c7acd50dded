use std::io::{read_to_string, stdin};

fn main() {
    let text = read_to_string(stdin()).unwrap();
    let numbers = text.split_whitespace().skip(1).map(|word| word.parse::<i64>().unwrap());
    let sums = numbers.scan(0, |sum, x| {
        *sum += x;
        Some(*sum)
    });
    for sum in sums {
        println!("{sum}");
    }
}
