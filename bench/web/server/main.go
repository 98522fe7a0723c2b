// Many hosts on loopback addresses, each with all the pages, 50 ms away.
//
//	server HOSTS PAGES
//
// Prints one line of JSON when it is ready, {"port", "closedPort"}, and ends with its standard input.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

const latency = 50 * time.Millisecond

// Up to so much more or less.
const jitter = 15 * time.Millisecond

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("give the number of hosts and of pages")
	}
	hosts, pages := number(os.Args[1]), number(os.Args[2])
	site := &site{pages: packAll(pages), rough: openRough()}
	port := 0
	for host := range hosts {
		listener, err := net.Listen("tcp4", fmt.Sprintf("%s:%d", address(host), port))
		if err != nil {
			log.Fatal(err)
		}
		port = listener.Addr().(*net.TCPAddr).Port
		server := &http.Server{Handler: site, ErrorLog: log.New(io.Discard, "", 0)}
		go func() { log.Fatal(server.Serve(listener)) }()
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]int{"port": port, "closedPort": closedPort()}); err != nil {
		log.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		log.Fatal(err)
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// The benchmark gives the hosts their names by the same rule.
func address(host int) string { return fmt.Sprintf("127.1.%d.%d", host/250, host%250+1) }

// A port where nobody listens.
func closedPort() int {
	listener, err := net.Listen("tcp4", "127.1.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// Compressed before the first request, so that the server's work takes no time of those who ask.
func packAll(count int) [][]byte {
	packed := make([][]byte, count)
	var group sync.WaitGroup
	for worker := range runtime.NumCPU() {
		group.Go(func() {
			for at := worker; at < count; at += runtime.NumCPU() {
				packed[at] = gzipped([]byte(page(at)))
			}
		})
	}
	group.Wait()
	return packed
}

type site struct {
	pages [][]byte
	rough *rough
}

func (s *site) ServeHTTP(reply http.ResponseWriter, request *http.Request) {
	time.Sleep(latency - jitter + time.Duration(rand.Int63n(int64(2*jitter))))
	folder, rest, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/"), "/")
	switch folder {
	case "robots.txt":
		reply.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(reply, "User-agent: *\nDisallow: /cart/\nDisallow: /*?session=\n")
	case "page":
		at, err := strconv.Atoi(rest)
		if err != nil || at < 0 || at >= len(s.pages) {
			http.NotFound(reply, request)
			return
		}
		send(reply, "text/html; charset=utf-8", "gzip", s.pages[at])
	case "rough":
		s.rough.ServeHTTP(reply, request)
	default:
		http.NotFound(reply, request)
	}
}

func send(reply http.ResponseWriter, contentType, encoding string, body []byte) {
	header := reply.Header()
	header.Set("Content-Type", contentType)
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	// whoever asked may be gone
	_, _ = reply.Write(body)
}
