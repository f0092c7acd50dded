(* Reads a number and prints how many primes are below it. *)
let () =
  let limit = Scanf.scanf " %d" (fun n -> n) in
  let factor = Array.make limit 0 in
  let count = ref 0 in
  for i = 2 to limit - 1 do
    if factor.(i) = 0 then begin
      incr count;
      let j = ref (i * i) in
      while !j < limit do
        factor.(!j) <- i;
        j := !j + i
      done
    end
  done;
  Printf.printf "%d\n" !count
