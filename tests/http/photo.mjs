// SPDX-License-Identifier: MPL-2.0
// A small photo as phones send it: 96 x 64 pixels, EXIF with orientation 6 (stands on its
// side), a description and a place.
import { randomBytes } from 'node:crypto';

export const photo = Buffer.from(
  '/9j/4QCGRXhpZgAATU0AKgAAAAgAAwEOAAIAAAAWAAAAUAESAAMAAAABAAYAAIglAAQAAAABAAAAMgAAAAAAAgABAAIAAAACTgAAAAACAAUAAA' +
  'ADAAAAZgAAAABHUklEQ0FTRS1TRUNSRVQtUExBQ0UAAAAAHgAAAAEAAAAAAAAAAQAAAAMAAAAB/+AAEEpGSUYAAQEAAAEAAQAA/9sAQwAQCwwO' +
  'DAoQDg0OEhEQExgoGhgWFhgxIyUdKDozPTw5Mzg3QEhcTkBEV0U3OFBtUVdfYmdoZz5NcXlwZHhcZWdj/9sAQwEREhIYFRgvGhovY0I4QmNjY2' +
  'NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj/8AAEQgAQABgAwEiAAIRAQMRAf/EAB8AAAEFAQEBAQEBAAAA' +
  'AAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJS' +
  'YnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TF' +
  'xsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/EAB8BAAMBAQEBAQEBAQEAAAAAAAABAgMEBQYHCAkKC//EALURAAIBAgQEAwQHBQ' +
  'QEAAECdwABAgMRBAUhMQYSQVEHYXETIjKBCBRCkaGxwQkjM1LwFWJy0QoWJDThJfEXGBkaJicoKSo1Njc4OTpDREVGR0hJSlNUVVZXWFlaY2Rl' +
  'ZmdoaWpzdHV2d3h5eoKDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uLj5OXm5+jp6vLz9PX29/' +
  'j5+v/aAAwDAQACEQMRAD8A4gJTwlSBKeEr0HIzjMiCU4JUoSnBKlyN4zIwlOCVKEpwSocjojMjCU4JUoSnBKlyN4zIglPCVIEp4SocjojMiCU8' +
  'JUgSnhKlyN4zMsJTwlSBKeErVyPkIzIglPCVIEp4SocjojMiCU4JUoSnBKlyN4zIwlOCVKEpwSocjojMiCU8JUoSnBKlyN4zIglPCVIEp4Socj' +
  'ojMywlPCVIEp4StnI+QjMiCU8JUgSnhKhyN4zIglOCVKEpwSocjojMjCU4JUoSnBKlyN4zIwlOCVKEpwSocjojMiCU8JUgSnhKlyN4zMwJTglS' +
  'hKcErVyPkIzIglPCVIEp4SpcjojMiCU4JUoSnhKhyN4zIglOCVKEpwSocjojMjCU4JUoSnBKlyN4zIglPCVIEp4SocjojM//2Q==',
  'base64',
);
export const photoSecret = 'GRIDCASE-SECRET-PLACE';

// The same picture with a comment of its own: other bytes, another digest.
export function newPhoto() {
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 18]), randomBytes(16)]);
  return Buffer.concat([photo.subarray(0, 2), comment, photo.subarray(2)]);
}
