package main

import (
	"fmt"
	"math/rand"
	"strings"
)

// Words of ordinary pages, some of them with what has to be decoded.
var words = strings.Fields(`the of and to in a is that for it as was with be by on not he his but at are this have from
or had an they which one you were all her she there would their we him been has when who will no more if out so up said
what its about than into them can only other time new some could these two may first then do any like my now over such
our man me even most made after also did many off before must well back through years where much your way down should
because long each just state those people too mr how little good world make very year still see own work men day get
here old life both between being under three never know same last another while us might great go come since against
right came take used himself few house use place during high without again home around small however found mrs part
school thought went say general once upon war left every don't number course until always away something fact though
water less public put think almost hand enough far took head yet government system better set told nothing night end why
called didn't eyes find going look asked later knew point next city business give group toward young days let room within
present order national second possible rather per face among form often things social several large early four case
caf&eacute; na&iuml;ve Z&uuml;rich &mdash; R&amp;D S&amp;P «prix» Łódź 東京 Київ naïve façade 20&nbsp;kg 5&nbsp;€ won’t it’s`)

const hubs = 12

type writer struct {
	strings.Builder
	random *rand.Rand
}

func (w *writer) printf(format string, values ...any) { fmt.Fprintf(&w.Builder, format, values...) }

func (w *writer) words(count int) string {
	chosen := make([]string, count)
	for at := range chosen {
		chosen[at] = words[w.random.Intn(len(words))]
	}
	return strings.Join(chosen, " ")
}

func titleOf(number int) string { return fmt.Sprintf("Product %d & its prices", number) }

// A page of a shop as its software writes it, about 67 KB: the same number gives the same bytes on every machine.
func page(number int) string {
	w := &writer{random: rand.New(rand.NewSource(int64(number)*7919 + 17))}
	writeHead(w, number)
	writeMenus(w)
	writeMain(w, number)
	writeRelated(w, number)
	writeFooter(w)
	writeScripts(w, number)
	w.printf("</body>\n</html>\n")
	return w.String()
}

func writeHead(w *writer, number int) {
	title := strings.ReplaceAll(titleOf(number), "&", "&amp;")
	w.printf("<!DOCTYPE html>\n<html lang=\"en\" class=\"no-js\">\n<head>\n<meta charset=\"utf-8\">\n")
	w.printf("<title>%s</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n", title)
	w.printf("<meta name=\"description\" content=\"%s\">\n", w.words(22))
	w.printf("<meta property=\"og:title\" content=\"%s\">\n<meta property=\"og:type\" content=\"product\">\n", title)
	for at := range 14 {
		w.printf("<link rel=\"preload\" as=\"script\" href=\"/assets/chunk-%x.%d.js\" crossorigin>\n", w.random.Int31(), at)
	}
	w.printf("<script type=\"application/ld+json\">{\"@context\":\"https://schema.org\",\"@type\":\"Product\",\"sku\":\"%08d\",\"description\":\"%s\"}</script>\n", number, strings.ReplaceAll(w.words(60), "&", "and "))
	w.printf("<style>\n")
	for at := range 90 {
		w.printf(".c%d-%x{display:flex;margin:%dpx auto;color:#%06x}\n", at, w.random.Int31n(1<<16), w.random.Intn(40), w.random.Int31n(1<<24))
	}
	w.printf("</style>\n</head>\n")
}

func writeMenus(w *writer) {
	w.printf("<body class=\"page product\">\n<a class=\"skip\" href=\"#content\">Skip to content</a>\n<header class=\"site-header\">\n<nav class=\"mega-menu\" aria-label=\"Main\">\n<ul>\n")
	for hub := range hubs {
		w.printf("<li class=\"menu-item has-children\"><a class=\"menu-link level-1\" href=\"/hub/%d\">Hub %d</a>\n<ul class=\"sub-menu\">\n", hub, hub)
		for at := range 11 {
			w.printf("<li class=\"menu-item\"><a class=\"menu-link level-2\" data-track=\"nav|%d|%d\" href=\"/hub/%d/%d?ref=menu&amp;pos=%d\"><span class=\"label\">%s</span></a></li>\n", hub, at, hub, at, at, w.words(3))
		}
		w.printf("</ul></li>\n")
	}
	w.printf("</ul>\n</nav>\n</header>\n")
}

func writeMain(w *writer, number int) {
	title := strings.ReplaceAll(titleOf(number), "&", "&amp;")
	w.printf("<main id=\"content\">\n<article class=\"product\">\n<h1>%s</h1>\n", title)
	w.printf("<p class=\"price\">Now <span class=\"amount\">%d.%02d</span> <abbr title=\"euro\">EUR</abbr></p>\n", 10+w.random.Intn(900), w.random.Intn(100))
	for section := range 7 {
		w.printf("<h2>%s</h2>\n", w.words(5))
		for range 3 {
			w.printf("<p>%s <em>%s</em>, %s <a href=\"../page/%d\">%s</a> %s.</p>\n", w.words(34), w.words(3), w.words(25), w.random.Intn(5000), w.words(4), w.words(30))
		}
		if section == 2 {
			writePrices(w)
		}
		if section == 4 {
			w.printf("<ul>\n")
			for range 8 {
				w.printf("<li>%s</li>\n", w.words(16))
			}
			w.printf("</ul>\n")
		}
	}
	w.printf("</article>\n</main>\n")
}

func writePrices(w *writer) {
	w.printf("<table class=\"prices\">\n<thead>\n<tr>\n<th>Size</th>\n<th>Colour</th>\n<th>In stock</th>\n<th>Price</th>\n</tr>\n</thead>\n<tbody>\n")
	for at := range 40 {
		w.printf("<tr>\n<td>size %d</td>\n<td class=\"colour\">%s</td>\n<td class=\"stock\">%d</td>\n<td class=\"amount\">%d.%02d</td>\n</tr>\n", at, words[(at*7)%90], w.random.Intn(500), w.random.Intn(900), w.random.Intn(100))
	}
	w.printf("</tbody>\n</table>\n")
}

func writeRelated(w *writer, number int) {
	w.printf("<aside class=\"related\">\n<h2>Others also looked at</h2>\n<div class=\"cards\">\n")
	for at := range 24 {
		other := (number*31 + at*97) % 5000
		w.printf("<div class=\"card\"><a class=\"card-link\" href=\"/page/%d\"><img src=\"/images/%d.webp\" alt=\"\" width=\"240\" height=\"180\" loading=\"lazy\"> <span class=\"card-title\">%s</span></a></div>\n", other, other, w.words(4))
	}
	w.printf("</div>\n</aside>\n")
}

func writeFooter(w *writer) {
	w.printf("<footer class=\"site-footer\">\n<div class=\"columns\">\n")
	for column := range 6 {
		w.printf("<ul class=\"footer-column\">\n")
		for at := range 9 {
			w.printf("<li><a href=\"/about/%d/%d\">%s</a></li>\n", column, at, w.words(2))
		}
		w.printf("</ul>\n")
	}
	w.printf("</div>\n<p class=\"small\">&copy; 2026 The shop. %s</p>\n</footer>\n", w.words(20))
}

func writeScripts(w *writer, number int) {
	w.printf("<script>window.__STATE__={\"page\":%d,\"items\":[", number)
	for at := range 110 {
		w.printf("{\"id\":%d,\"sku\":\"%08x\",\"html\":\"<b>not text<\\/b>\",\"price\":%d},", at, w.random.Int31(), w.random.Intn(900))
	}
	w.printf("null]};</script>\n<script src=\"/assets/app.js\" defer></script>\n<noscript><p>Please turn on JavaScript.</p></noscript>\n")
}
