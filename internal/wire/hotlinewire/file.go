package hotlinewire

// The attachment calls are an extension: chunks in Base64 are public practice, their
// fields and the members of FilePart are assumptions. Whether the first index is 0 or 1
// is a matter of the city.

// FileStart announces a file.
type FileStart struct {
	FileName  string `zw:"fileName"`
	Size      int64  `zw:"size"`
	SHA256    string `zw:"sha256"`
	ChunkSize int64  `zw:"chunkSize"`
}

// FileTicket answers it.
type FileTicket struct {
	FileID string `zw:"fileId,key"`
	Chunks int    `zw:"chunks"`
}

// FileChunk is one part on its way up.
type FileChunk struct {
	FileID string `zw:"fileId"`
	Index  int    `zw:"index"`
	Base64 string `zw:"base64"`
}

// FileQuery asks for one part.
type FileQuery struct {
	FileID string `zw:"fileId"`
	Index  int    `zw:"index"`
}

// FilePart is one part on its way down.
type FilePart struct {
	FileID   string `zw:"fileId,omitempty"`
	Index    int    `zw:"index"`
	Base64   string `zw:"base64,key"`
	Chunks   int    `zw:"chunks,omitempty"`
	FileName string `zw:"fileName,omitempty,alias=realName"`
	Size     int64  `zw:"size,omitempty"`
	SHA256   string `zw:"sha256,omitempty"`
}
