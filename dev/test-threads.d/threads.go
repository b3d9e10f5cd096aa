// Goroutines that count, hand over, sort and make garbage: what they have in the end is known. Argument: seconds.
package main

import (
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const workers = 8

func same(expected, found int64, what string) {
	if expected != found {
		fmt.Fprintf(os.Stderr, "%s: %d, not %d\n", what, found, expected)
		os.Exit(1)
	}
}

func all(work func(n int)) {
	var group sync.WaitGroup
	for n := 0; n < workers; n++ {
		group.Add(1)
		go func(n int) {
			defer group.Done()
			work(n)
		}(n)
	}
	group.Wait()
}

func locks() {
	var mutex sync.RWMutex
	var plain, atomics int64
	all(func(n int) {
		for i := 0; i < 30000; i++ {
			if i%8 == 7 {
				mutex.RLock()
				_ = plain
				mutex.RUnlock()
			}
			mutex.Lock()
			plain++
			mutex.Unlock()
			atomic.AddInt64(&atomics, 1)
		}
	})
	same(30000*workers, plain, "mutex")
	same(30000*workers, atomics, "atomic")
}

func channels() {
	pipe := make(chan int64, 3)
	var sum int64
	all(func(n int) {
		for i := int64(0); i < 5000; i++ {
			if n%2 == 0 {
				pipe <- i
			} else {
				atomic.AddInt64(&sum, <-pipe)
			}
		}
	})
	same(5000*4999/2*workers/2, sum, "channel")
}

// Threads of the kernel, not of the runtime, hand a turn around.
func kernelThreads() {
	var mutex sync.Mutex
	turn := 0
	condition := sync.NewCond(&mutex)
	all(func(n int) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for i := 0; i < 300; i++ {
			mutex.Lock()
			for turn%workers != n {
				condition.Wait()
			}
			turn++
			condition.Broadcast()
			mutex.Unlock()
		}
	})
	same(300*workers, int64(turn), "turns")
}

type tree struct {
	left, right *tree
	value       int64
}

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{value: 1}
	}
	return &tree{grow(depth - 1), grow(depth - 1), 1}
}

func (t *tree) sum() int64 {
	if t == nil {
		return 0
	}
	return t.value + t.left.sum() + t.right.sum()
}

func garbage(seed int64) {
	all(func(n int) {
		for i := 0; i < 10; i++ {
			same(1<<13-1, grow(12).sum(), "tree")
		}
		random := rand.New(rand.NewSource(seed + int64(n)))
		numbers := random.Perm(20000)
		sort.Ints(numbers)
		for i, number := range numbers {
			if i != number {
				same(int64(i), int64(number), "sort")
			}
		}
	})
	runtime.GC()
}

func main() {
	seconds, _ := strconv.Atoi(os.Args[1])
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	rounds := 0
	for rounds == 0 || time.Now().Before(end) {
		locks()
		channels()
		kernelThreads()
		garbage(int64(rounds))
		rounds++
	}
	fmt.Println(rounds, "rounds")
}
