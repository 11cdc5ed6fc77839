// Speed of Prometheus' own parser (model/textparse) on a file: the labels of each sample are made, as a scrape that does not know
// the series does, unless "series" asks for the text of the series alone, as for one that does.
package main

import (
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

func seconds() float64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	kind, known := "text/plain; version=0.0.4", false
	for _, word := range os.Args[2:] {
		if word == "openmetrics" {
			kind = "application/openmetrics-text; version=1.0.0"
		}
		known = known || word == "series"
	}
	samples, rounds, from, taken := 0, 0, seconds(), 0.0
	for taken < 1 {
		p, err := textparse.New(text, kind, labels.NewSymbolTable(), textparse.ParserOptions{})
		if err != nil {
			panic(err)
		}
		var l labels.Labels
		for {
			e, err := p.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				panic(err)
			}
			if e == textparse.EntrySeries {
				p.Series()
				samples++
				if !known {
					p.Labels(&l)
				}
			}
		}
		rounds++
		taken = seconds() - from
	}
	fmt.Printf("%.0f MB/s  %.0f ns/sample  %d samples\n", float64(len(text))*float64(rounds)/taken/1e6, taken*1e9/float64(samples), samples/rounds)
}
