package sqlite_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"semblance/simulator/journal"
	"semblance/simulator/journal/sqlite"
)

func ExampleOpen() {
	folder, err := os.MkdirTemp("", "clinic")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	ctx, path := context.Background(), filepath.Join(folder, "clinic.journal")

	j, err := sqlite.Open(ctx, path, journal.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if err := j.Append(ctx, &journal.Clinic{Action: "seed", Data: []byte("7")}); err != nil {
		log.Fatal(err)
	}
	if err := j.Close(); err != nil {
		log.Fatal(err)
	}

	j, err = sqlite.Open(ctx, path, journal.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer j.Close()
	for r, err := range j.Current(ctx, journal.KindClinic) {
		if err != nil {
			log.Fatal(err)
		}
		c := r.(*journal.Clinic)
		fmt.Println(c.Action, string(c.Data))
	}
	// Output: seed 7
}
