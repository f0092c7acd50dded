prime :: Int -> Bool
prime n = n > 1 && and [n `mod` d /= 0 | d <- takeWhile (\d -> d * d <= n) [2 ..]]

main :: IO ()
main = do
  n <- readLn
  let p = head [q | q <- [2 ..], prime q, prime (n - q)]
  putStrLn (show p ++ " " ++ show (n - p))
