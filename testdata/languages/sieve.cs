// Reads a number and prints how many primes are below it.
using System;

class Sieve
{
    static void Main()
    {
        int limit = int.Parse(Console.ReadLine()), count = 0;
        var factor = new int[limit]; // 0 for a prime
        for (int i = 2; i < limit; i++)
        {
            if (factor[i] != 0)
                continue;
            count++;
            for (long j = (long)i * i; j < limit; j += i)
                factor[j] = i;
        }
        Console.WriteLine(count);
    }
}
