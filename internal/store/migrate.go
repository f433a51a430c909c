package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// migrate brings the schema to this program's version, each step in a
// transaction. A schema from a newer program is refused.
func migrate(ctx context.Context, path string, log *slog.Logger) (err error) {
	db, err := sql.Open("sqlite", "file:"+uriPath(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return migrateOn(ctx, db, log)
}

func migrateOn(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithLogger(goose.NopLogger()),
		goose.WithGoMigrations(goose.NewGoMigration(12, &goose.GoFunc{RunTx: refoldNames}, nil)))
	if err != nil {
		return err
	}
	sources := p.ListSources()
	newest := sources[len(sources)-1].Version
	current, err := p.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	if current > newest {
		return fmt.Errorf("it was written by a newer Campfire (schema %d, this program knows %d); run that version, or restore a backup made before the upgrade", current, newest)
	}
	done, err := p.Up(ctx)
	if isFull(err) {
		return fmt.Errorf("its disk is full; free some space or choose another with CAMPFIRE_DATA (%w)", err)
	}
	if err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	if len(done) > 0 && current > 0 {
		log.Info("the database was brought up to date", "from", current, "to", newest)
	}
	return nil
}

// refoldNames gives people's names the form of foldName, which SQL has no
// words for.
func refoldNames(ctx context.Context, tx *sql.Tx) error {
	folded := make(map[int64]string)
	rows, err := tx.QueryContext(ctx, `SELECT id, name, name_folded FROM users`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var name, was string
		if err := rows.Scan(&id, &name, &was); err != nil {
			return err
		}
		if is := foldName(name); is != was {
			folded[id] = is
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for id, name := range folded {
		if _, err := tx.ExecContext(ctx, `UPDATE users SET name_folded = $1 WHERE id = $2`, name, id); err != nil {
			return err
		}
	}
	return nil
}
