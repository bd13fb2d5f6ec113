package safefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// names returns what is in a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestCreateWritesAFileForItsOwnerAndNeverOverOneThatExists(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.toml")
	if err := Create(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := Create(path, []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the second returned %v", err)
	}
	if content, err := os.ReadFile(path); string(content) != "first" {
		t.Errorf("it holds %q, %v", content, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	dangling := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), dangling); err == nil {
		if err := Create(dangling, nil); !errors.Is(err, fs.ErrExist) {
			t.Errorf("over a symbolic link it returned %v", err)
		}
	}
	if got := names(t, dir); !slices.Equal(got, []string{"a.toml", "link"}) {
		t.Errorf("the folder holds %q", got)
	}
	if err := Create(filepath.Join(dir, "missing", "a.toml"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a folder that does not exist it returned %v", err)
	}
}

func TestASetGetsANameThatIsFreeForAllItsFiles(t *testing.T) {
	dir := t.TempDir()
	set := []File{{".md", []byte("text")}, {".json", []byte("{}")}}
	for _, want := range []string{"r", "r-2"} {
		if got, err := CreateSet(dir, "r", set...); err != nil || got != filepath.Join(dir, want) {
			t.Errorf("%s: %s, %v", want, got, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "r-3.json"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := CreateSet(dir, "r", set...); err != nil || got != filepath.Join(dir, "r-4") {
		t.Errorf("%s, %v", got, err)
	}
	want := []string{"r-2.json", "r-2.md", "r-3.json", "r-4.json", "r-4.md", "r.json", "r.md"}
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("the folder holds %q, want %q", got, want)
	}
	if content, _ := os.ReadFile(filepath.Join(dir, "r-3.json")); string(content) != "mine" {
		t.Error("a file that was there is written over")
	}
}

func TestAFileThatCannotBeNamedLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if _, err := CreateSet(dir, "r", File{".md", nil}, File{"/sub/x.json", nil}); err == nil {
		t.Error("no error")
	}
	if got := names(t, dir); len(got) > 0 {
		t.Errorf("the folder holds %q", got)
	}
}
