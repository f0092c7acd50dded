// Reads a number and prints how many primes are below it.
object Sieve {
  def main(args: Array[String]): Unit = {
    val limit = scala.io.StdIn.readInt()
    val factor = new Array[Int](limit) // 0 for a prime
    var count = 0
    var i = 2
    while (i < limit) {
      if (factor(i) == 0) {
        count += 1
        var j = i.toLong * i
        while (j < limit) {
          factor(j.toInt) = i
          j += i
        }
      }
      i += 1
    }
    println(count)
  }
}
