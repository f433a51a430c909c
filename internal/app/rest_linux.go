package app

import (
	"bufio"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// rest gives back what starting took: memory that is free, and those pages of
// the program's own file that were read in and are not used again. What is
// used comes back at once, from the system's cache of the file.
func rest() {
	debug.FreeOSMemory()
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return // a system without it keeps the pages
	}
	defer maps.Close()
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		// from-to rights offset device inode path
		fields := strings.Fields(lines.Text())
		if len(fields) < 6 || strings.Join(fields[5:], " ") != program || strings.Contains(fields[1], "w") {
			continue // what may have been written to is in no file
		}
		begin, end, _ := strings.Cut(fields[0], "-")
		from, ferr := strconv.ParseUint(begin, 16, 64)
		to, terr := strconv.ParseUint(end, 16, 64)
		if ferr != nil || terr != nil {
			continue
		}
		address := uintptr(from)
		pages := unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&address))), to-from)
		_ = syscall.Madvise(pages, syscall.MADV_DONTNEED) // advice
	}
}
