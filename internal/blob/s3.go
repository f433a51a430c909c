package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3Options say which bucket, and who asks.
type S3Options struct {
	Endpoint     string // https://…; empty: AWS's of the region
	Region       string // empty: us-east-1
	Bucket       string
	AccessKey    string
	SecretKey    string
	SessionToken string // empty: none
}

// S3 is a Store in a bucket. Files still come through the local disk.
type S3 struct {
	client *minio.Client
	bucket string
}

// prefix is what all names in the bucket begin with.
const prefix = "files/"

// partSize is how much of a large blob goes in one request.
const partSize = 16 << 20

// NewS3 opens a bucket, which must be there. Its errors are sentences for the
// operator.
func NewS3(ctx context.Context, o S3Options) (*S3, error) {
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Endpoint == "" {
		o.Endpoint = "https://s3." + o.Region + ".amazonaws.com"
	}
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("AWS_ENDPOINT_URL is %q, but must be an address such as https://s3.example.org", o.Endpoint)
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds:  credentials.NewStaticV4(o.AccessKey, o.SecretKey, o.SessionToken),
		Secure: u.Scheme == "https", Region: o.Region,
	})
	if err != nil {
		return nil, fmt.Errorf("the bucket %s can't be used: %w", o.Bucket, err)
	}
	switch there, err := client.BucketExists(ctx, o.Bucket); {
	case err != nil:
		return nil, fmt.Errorf("the bucket %s at %s does not answer: %w; check AWS_ENDPOINT_URL, AWS_REGION and the keys", o.Bucket, o.Endpoint, err)
	case !there:
		return nil, fmt.Errorf("there is no bucket %s at %s; make it, or name another with CAMPFIRE_S3_BUCKET", o.Bucket, o.Endpoint)
	}
	return &S3{client, o.Bucket}, nil
}

// Keep sends a draft to the bucket, in parts where it is large, and then
// removes it here.
func (s *S3) Keep(ctx context.Context, d *Draft) error {
	info, err := d.Stat()
	if err != nil {
		return err
	}
	_, err = s.client.PutObject(ctx, s.bucket, prefix+d.Key, io.NewSectionReader(d.File, 0, info.Size()), info.Size(), minio.PutObjectOptions{
		ContentType: "application/octet-stream", PartSize: partSize, NumThreads: 1,
	})
	if err != nil {
		return fmt.Errorf("keep a file in the bucket: %w", err)
	}
	return d.Drop()
}

// Open returns a blob that is fetched as it is read: from where it is read.
func (s *S3) Open(ctx context.Context, key string) (Blob, error) {
	if !validKey(key) {
		return nil, errKey
	}
	object, err := s.client.GetObject(ctx, s.bucket, prefix+key, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	info, err := object.Stat()
	if err != nil {
		object.Close()
		if isGone(err) {
			return nil, errors.Join(err, fs.ErrNotExist)
		}
		return nil, fmt.Errorf("open a file of the bucket: %w", err)
	}
	return &remote{object, info.Size}, nil
}

type remote struct {
	*minio.Object
	size int64
}

// Size returns the blob's size in bytes.
func (r *remote) Size() int64 { return r.size }

func isGone(err error) bool {
	return minio.ToErrorResponse(err).StatusCode == http.StatusNotFound
}

// Size asks the bucket.
func (s *S3) Size(ctx context.Context, key string) (int64, error) {
	if !validKey(key) {
		return 0, errKey
	}
	info, err := s.client.StatObject(ctx, s.bucket, prefix+key, minio.StatObjectOptions{})
	if isGone(err) {
		return 0, errors.Join(err, fs.ErrNotExist)
	}
	if err != nil {
		return 0, fmt.Errorf("ask for a file of the bucket: %w", err)
	}
	return info.Size, nil
}

// Delete removes a blob from the bucket.
func (s *S3) Delete(ctx context.Context, key string) error {
	if !validKey(key) {
		return nil
	}
	if err := s.client.RemoveObject(ctx, s.bucket, prefix+key, minio.RemoveObjectOptions{}); err != nil && !isGone(err) {
		return fmt.Errorf("remove a file from the bucket: %w", err)
	}
	return nil
}

// Each goes through the bucket. What in it can't be a blob of ours is passed
// over.
func (s *S3) Each(ctx context.Context, before time.Time, f func(key string) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing
	for object := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix}) {
		if object.Err != nil {
			return fmt.Errorf("list the bucket: %w", object.Err)
		}
		key := strings.TrimPrefix(object.Key, prefix)
		if !validKey(key) || !object.LastModified.Before(before) {
			continue
		}
		if err := f(key); err != nil {
			return err
		}
	}
	return ctx.Err()
}
