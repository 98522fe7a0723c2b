// The benchmark's jobs with net/http and goquery: reads tasks as lines of JSON, prints "ready", then a line a task.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/PuerkitoBio/goquery"
)

type task struct {
	Job         string   `json:"job"`
	URLs        []string `json:"urls"`
	Concurrency int      `json:"concurrency"`
	TimeoutS    float64  `json:"timeout_s"`
	Output      string   `json:"output"`
}

type row struct {
	URL     string  `json:"url"`
	Status  *int    `json:"status"`
	Title   *string `json:"title"`
	Content any     `json:"content"`
	Error   *string `json:"error"`
}

func main() {
	log.SetFlags(0)
	fmt.Println("ready")
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadString('\n')
		if err != nil || strings.TrimSpace(line) == "" {
			return
		}
		var asked task
		if err := json.Unmarshal([]byte(line), &asked); err != nil {
			log.Fatal(err)
		}
		if err := run(asked); err != nil {
			log.Fatal(err)
		}
		fmt.Println(`{"done":true}`)
	}
}

func run(asked task) error {
	file, err := os.Create(asked.Output)
	if err != nil {
		return err
	}
	defer file.Close()
	buffered := bufio.NewWriterSize(file, 1<<18)
	encoder := json.NewEncoder(buffered)
	client := &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: asked.Concurrency, MaxIdleConns: 2048},
		Timeout:   time.Duration(asked.TimeoutS * float64(time.Second)),
	}
	pending := make(chan string)
	var mutex sync.Mutex
	var group sync.WaitGroup
	for range asked.Concurrency {
		group.Go(func() {
			for address := range pending {
				found := scrape(client, asked.Job, address)
				mutex.Lock()
				if err := encoder.Encode(found); err != nil {
					log.Fatal(err)
				}
				mutex.Unlock()
			}
		})
	}
	for _, address := range asked.URLs {
		pending <- address
	}
	close(pending)
	group.Wait()
	client.CloseIdleConnections()
	return buffered.Flush()
}

func scrape(client *http.Client, job, address string) row {
	found := row{URL: address}
	request, err := http.NewRequestWithContext(context.Background(), "GET", address, nil)
	if err != nil {
		return failed(found, err)
	}
	reply, err := client.Do(request)
	if err != nil {
		return failed(found, err)
	}
	defer reply.Body.Close()
	found.Status = &reply.StatusCode
	if reply.StatusCode != http.StatusOK {
		return failed(found, fmt.Errorf("status %d", reply.StatusCode))
	}
	document, err := goquery.NewDocumentFromReader(reply.Body)
	if err != nil {
		return failed(found, err)
	}
	title := collapse(document.Find("title").First().Text())
	found.Title = &title
	found.Content = extract(document, job, reply.Request.URL)
	return found
}

func failed(found row, err error) row {
	text := err.Error()
	found.Error = &text
	return found
}

func extract(document *goquery.Document, job string, base *url.URL) any {
	text := collapse(document.Find("main").First().Text())
	switch job {
	case "links":
		return linksOf(document.Find("a[href]"), base)
	case "select":
		return []any{
			text,
			collapse(document.Find("h1").First().Text()),
			collapse(document.Find("p.price > .amount").First().Text()),
			document.Find("table.prices tr td:nth-child(4)").Map(func(_ int, cell *goquery.Selection) string { return collapse(cell.Text()) }),
			document.Find("aside.related .card a[href]").Map(func(_ int, link *goquery.Selection) string {
				return absolute(base, link.AttrOr("href", ""))
			}),
		}
	default:
		return text
	}
}

func linksOf(links *goquery.Selection, base *url.URL) [][2]string {
	found := make([][2]string, 0, links.Length())
	links.Each(func(_ int, link *goquery.Selection) {
		found = append(found, [2]string{collapse(link.Text()), absolute(base, link.AttrOr("href", ""))})
	})
	return found
}

func absolute(base *url.URL, href string) string {
	address, err := base.Parse(href)
	if err != nil {
		return href
	}
	return address.String()
}

func collapse(text string) string { return strings.Join(strings.Fields(text), " ") }
