//! Prints the sum of the integers on stdin, or hello if there are none.
use std::io::{self, Read};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut input = String::new();
    io::stdin().read_to_string(&mut input)?;
    let values = input.split_whitespace().map(str::parse).collect::<Result<Vec<i64>, _>>()?;
    if values.is_empty() {
        println!("hello");
    } else {
        println!("{}", values.iter().sum::<i64>());
    }
    Ok(())
}
