package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
)

const slowReply = 3 * time.Second

// Of HTML, before compression.
const bombBytes = 40_000_000

// Answers /rough/KIND/NUMBER as sites do that are broken, busy or hostile.
type rough struct {
	bomb  []byte
	mutex sync.Mutex
	asked map[string]bool
}

func openRough() *rough {
	block := []byte(strings.Repeat("<p>a page of nothing</p>", 4_000))
	var packed bytes.Buffer
	pack := gzip.NewWriter(&packed)
	for size := 0; size < bombBytes; size += len(block) {
		must(pack.Write(block))
	}
	mustClose(pack)
	return &rough{bomb: packed.Bytes(), asked: map[string]bool{}}
}

func (r *rough) ServeHTTP(reply http.ResponseWriter, request *http.Request) {
	parts := strings.Split(request.URL.Path, "/")
	if len(parts) != 4 {
		http.NotFound(reply, request)
		return
	}
	kind, at := parts[2], number(parts[3])
	html := page(at)
	const htmlType = "text/html; charset=utf-8"
	switch kind {
	case "gzip":
		send(reply, htmlType, "gzip", gzipped([]byte(html)))
	case "brotli":
		if strings.Contains(request.Header.Get("Accept-Encoding"), "br") {
			send(reply, htmlType, "br", brotlied([]byte(html)))
		} else {
			send(reply, htmlType, "", []byte(html))
		}
	case "moved":
		http.Redirect(reply, request, fmt.Sprintf("/rough/gzip/%d", at), http.StatusFound)
	case "slow":
		time.Sleep(slowReply)
		send(reply, htmlType, "gzip", gzipped([]byte(html)))
	case "busy", "unavailable":
		r.refuseOnce(reply, request, kind, html)
	case "gone":
		http.NotFound(reply, request)
	case "error":
		http.Error(reply, "out of order", http.StatusInternalServerError)
	case "latin":
		// it lies: the bytes are windows-1252
		send(reply, htmlType, "", []byte("<!doctype html><title>Caf\xe9 cr\xe8me</title><main><p>D\xe9j\xe0 vu \xe0 la carte</p></main>"))
	case "image":
		send(reply, "image/png", "", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00"))
	case "loop":
		http.Redirect(reply, request, request.URL.Path, http.StatusFound)
	case "damaged":
		body := gzipped([]byte(html))
		copy(body[len(body)/2:], "damaged from here on")
		send(reply, htmlType, "gzip", body)
	case "bomb":
		send(reply, htmlType, "gzip", r.bomb)
	case "nested":
		send(reply, htmlType, "", []byte("<!doctype html><title>deep</title>"+strings.Repeat("<div>", 20_000)+"text"))
	default:
		breakOff(reply, kind, html)
	}
}

// The first time a page is asked for, the server has no time for it.
func (r *rough) refuseOnce(reply http.ResponseWriter, request *http.Request, kind, html string) {
	r.mutex.Lock()
	first := !r.asked[request.URL.Path]
	r.asked[request.URL.Path] = true
	r.mutex.Unlock()
	switch {
	case !first:
		send(reply, "text/html; charset=utf-8", "gzip", gzipped([]byte(html)))
	case kind == "busy":
		reply.Header().Set("Retry-After", "1")
		http.Error(reply, "slow down", http.StatusTooManyRequests)
	default:
		http.Error(reply, "one moment", http.StatusServiceUnavailable)
	}
}

// Replies that HTTP does not allow.
func breakOff(reply http.ResponseWriter, kind, html string) {
	connection, _, err := http.NewResponseController(reply).Hijack()
	if err != nil {
		return
	}
	defer connection.Close()
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
	switch kind {
	case "short":
		fmt.Fprintf(connection, "%sContent-Length: %d\r\n\r\n%s", head, len(html), html[:len(html)/2])
	case "garbage":
		fmt.Fprint(connection, "this is no HTTP\r\n\r\n")
	case "drip":
		fmt.Fprintf(connection, "%sContent-Length: %d\r\n\r\n", head, len(html))
		for at := range len(html) {
			if _, err := io.WriteString(connection, html[at:at+1]); err != nil {
				return
			}
			time.Sleep(time.Second)
		}
	}
}

func gzipped(body []byte) []byte {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	must(writer.Write(body))
	mustClose(writer)
	return packed.Bytes()
}

func brotlied(body []byte) []byte {
	var packed bytes.Buffer
	writer := brotli.NewWriterLevel(&packed, 5)
	must(writer.Write(body))
	mustClose(writer)
	return packed.Bytes()
}

func must(_ int, err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func mustClose(closer io.Closer) {
	if err := closer.Close(); err != nil {
		log.Fatal(err)
	}
}
