// Prints the sum of the integers on stdin, or hello if there are none.
using System;
using System.Linq;

class Sum
{
    static void Main()
    {
        var values = Console.In.ReadToEnd().Split((char[])null, StringSplitOptions.RemoveEmptyEntries).Select(long.Parse).ToList();
        Console.WriteLine(values.Count > 0 ? values.Sum().ToString() : "hello");
    }
}
