-- Reads a number and prints how many primes are below it.
{- Data.Array is in the package array, which comes with GHC. -}
import Control.Monad
import Data.Array.ST
import Data.Array.Unboxed

sieve :: Int -> UArray Int Bool
sieve limit = runSTUArray $ do
  prime <- newArray (2, limit - 1) True
  forM_ (takeWhile (\i -> i * i < limit) [2 ..]) $ \i -> do
    yes <- readArray prime i
    when yes $ forM_ [i * i, i * i + i .. limit - 1] $ \j -> writeArray prime j False
  return prime

main :: IO ()
main = do
  limit <- readLn
  print . length . filter id . elems $ sieve limit
