fn main() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let v: Vec<i64> = line.split_whitespace().map(|word| word.parse().unwrap()).collect();
    let series = std::iter::successors(Some(v[1]), |x| Some((v[2] * x + v[3]) % v[4]));
    let (_, best) = series.take(v[0] as usize).fold((0, i64::MIN), |(run, best), x| {
        let run = run.max(0) + x - v[4] / 2;
        (run, best.max(run))
    });
    println!("{best}");
}
