{ Prints the sum of the integers on stdin, or hello if there are none. }
program sum;
var
  total, value: int64;
  count: longint;
begin
  total := 0;
  count := 0;
  while not SeekEof do
  begin
    read(value);
    total := total + value;
    count := count + 1;
  end;
  if count > 0 then
    writeln(total)
  else
    writeln('hello');
end.
