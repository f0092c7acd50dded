{ Reads a number and prints how many primes are below it. }
program sieve;
var
  factor: array of longint; { 0 for a prime }
  limit, i, count: longint;
  j: int64;
begin
  read(limit);
  setlength(factor, limit);
  count := 0;
  for i := 2 to limit - 1 do
    if factor[i] = 0 then
    begin
      count := count + 1;
      j := int64(i) * i;
      while j < limit do
      begin
        factor[j] := i;
        j := j + i;
      end;
    end;
  writeln(count);
end.
