// SPDX-License-Identifier: Apache-2.0
#include "voice/webrtc/stun.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "voice/webrtc/media_names.hpp"

namespace hotline::voice::webrtc::stun {
namespace {

// RFC 8489 section 18.3 and RFC 8445 section 16.1.
enum Attribute : std::uint16_t {
  attr_username = 0x0006,
  attr_message_integrity = 0x0008,
  attr_error_code = 0x0009,
  attr_unknown_attributes = 0x000a,
  attr_message_integrity_sha256 = 0x001c,
  attr_xor_mapped_address = 0x0020,
  attr_priority = 0x0024,
  attr_use_candidate = 0x0025,
  attr_fingerprint = 0x8028,
  attr_ice_controlled = 0x8029,
  attr_ice_controlling = 0x802a,
};

constexpr std::size_t attribute_header = 4, integrity_size = 20, username_max = 513;
constexpr std::uint32_t fingerprint_xor = 0x5354554e;
constexpr std::uint16_t comprehension_optional = 0x8000;

constexpr std::size_t padded(std::size_t length) {
  return (length + 3) & ~std::size_t{3};
}

std::uint32_t fingerprint_of(const std::uint8_t* data, std::size_t size) {
  return static_cast<std::uint32_t>(crc32(0, data, static_cast<uInt>(size))) ^ fingerprint_xor;
}

using Digest = std::array<std::uint8_t, integrity_size>;

Digest hmac_sha1(std::string_view password, const std::uint8_t* data, std::size_t size) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  const unsigned char* made =
      HMAC(EVP_sha1(), password.data(), static_cast<int>(password.size()), data, size, digest.data(), &length);
  if (made == nullptr || length != integrity_size) std::abort();  // SHA-1 missing: nothing here can work
  Digest out;
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

/// The mask of XOR-MAPPED-ADDRESS: the cookie, then the transaction (RFC 8489 14.2).
std::array<std::uint8_t, 16> address_mask(const TransactionId& transaction) {
  std::array<std::uint8_t, 16> mask{};
  write_u32(mask.data(), magic_cookie);
  std::copy(transaction.begin(), transaction.end(), mask.begin() + 4);
  return mask;
}

constexpr std::uint8_t family_v4 = 1, family_v6 = 2;
constexpr std::size_t v4_at = 12;  // of the four bytes of an IPv4 address in its mapped form

std::optional<Address> read_mapped(std::span<const std::uint8_t> value, const TransactionId& transaction) {
  if (value.size() < 8) return std::nullopt;
  const auto mask = address_mask(transaction);
  Address out;
  out.port = static_cast<std::uint16_t>(read_u16(value.data() + 2) ^ (magic_cookie >> 16));
  if (value[1] == family_v4 && value.size() == 8) {
    out.ip[10] = out.ip[11] = 0xff;
    for (std::size_t i = 0; i < 4; ++i) out.ip[v4_at + i] = value[4 + i] ^ mask[i];
    return out;
  }
  if (value[1] == family_v6 && value.size() == 20) {
    for (std::size_t i = 0; i < 16; ++i) out.ip[i] = value[4 + i] ^ mask[i];
    return out;
  }
  return std::nullopt;
}

/// Takes one attribute; false when its size is wrong. The first of a type counts (RFC 8489 section 14).
bool take(Message& message, std::uint16_t type, std::span<const std::uint8_t> value, std::size_t at) {
  switch (type) {
    case attr_username:
      if (value.size() > username_max) return false;
      if (message.username.empty()) {
        message.username = {reinterpret_cast<const char*>(value.data()), value.size()};
      }
      return true;
    case attr_message_integrity:
      message.integrity_at = at;
      return value.size() == integrity_size;
    case attr_error_code: {
      if (value.size() < 4) return false;
      const unsigned code = (value[2] & 7U) * 100U + value[3];
      if (code < 300 || code > 699 || value[3] > 99) return false;
      message.error_code = static_cast<std::uint16_t>(code);
      return true;
    }
    case attr_xor_mapped_address:
      if (!message.mapped) message.mapped = read_mapped(value, message.transaction);
      return message.mapped.has_value();
    case attr_priority:
      if (value.size() != 4) return false;
      if (!message.priority) message.priority = read_u32(value.data());
      return true;
    case attr_use_candidate:
      message.use_candidate = true;
      return value.empty();
    case attr_ice_controlled:
      message.from_controlled = true;
      return value.size() == 8;
    case attr_ice_controlling:
      message.from_controlling = true;
      return value.size() == 8;
    case attr_unknown_attributes:
      return value.size() % 2 == 0;
    default:
      if (type < comprehension_optional && message.unknown_count < message.unknown.size()) {
        message.unknown[message.unknown_count++] = type;
      }
      return true;
  }
}

}  // namespace

std::optional<Message> parse(std::span<const std::uint8_t> packet) {
  constexpr std::uint16_t method_mask = 0x3eef, binding = 0x0001;
  if (packet.size() < header_size || packet.size() > message_max || packet.size() % 4 != 0) return std::nullopt;
  const std::uint8_t* data = packet.data();
  const std::uint16_t type = read_u16(data);
  if ((type & 0xc000) != 0 || (type & method_mask) != binding) return std::nullopt;
  if (read_u16(data + 2) + header_size != packet.size() || read_u32(data + 4) != magic_cookie) return std::nullopt;

  Message message;
  message.kind = static_cast<Class>(((type >> 7) & 2) | ((type >> 4) & 1));
  std::copy_n(data + 8, message.transaction.size(), message.transaction.begin());

  std::size_t at = header_size;
  while (at < packet.size()) {
    // Sizes are multiples of four throughout, so a header always fits.
    const std::uint16_t attribute = read_u16(data + at);
    const std::size_t length = read_u16(data + at + 2);
    const std::size_t next = at + attribute_header + padded(length);
    if (next > packet.size()) return std::nullopt;
    const std::span<const std::uint8_t> value = packet.subspan(at + attribute_header, length);
    if (attribute == attr_fingerprint) {
      if (length != 4 || next != packet.size() || read_u32(value.data()) != fingerprint_of(data, at)) {
        return std::nullopt;
      }
      message.has_fingerprint = true;
    } else if (message.integrity_at == 0 && attribute != attr_message_integrity_sha256) {
      if (!take(message, attribute, value, at)) return std::nullopt;
    }
    at = next;
  }
  return message;
}

bool check_integrity(std::span<const std::uint8_t> packet, const Message& message, std::string_view password) {
  if (message.integrity_at < header_size || packet.size() > message_max ||
      message.integrity_at + attribute_header + integrity_size > packet.size()) {
    return false;
  }
  // The digest is over all before it, with the length as if the message ended behind it (RFC 8489 14.5).
  std::array<std::uint8_t, message_max> covered;
  std::copy_n(packet.data(), message.integrity_at, covered.begin());
  write_u16(covered.data() + 2,
            static_cast<std::uint16_t>(message.integrity_at + attribute_header + integrity_size - header_size));
  const Digest digest = hmac_sha1(password, covered.data(), message.integrity_at);
  return CRYPTO_memcmp(digest.data(), packet.data() + message.integrity_at + attribute_header, digest.size()) == 0;
}

Writer::Writer(Class kind, const TransactionId& transaction) {
  const unsigned bits = static_cast<unsigned>(kind);
  write_u16(buffer_.data(), static_cast<std::uint16_t>(0x0001 | (bits & 2U) << 7 | (bits & 1U) << 4));
  write_u32(buffer_.data() + 4, magic_cookie);
  std::copy(transaction.begin(), transaction.end(), buffer_.begin() + 8);
}

std::uint8_t* Writer::attribute(std::uint16_t type, std::size_t length) {
  if (size_ + attribute_header + padded(length) > buffer_.size()) std::abort();  // a bug: see the class comment
  std::uint8_t* at = buffer_.data() + size_;
  write_u16(at, type);
  write_u16(at + 2, static_cast<std::uint16_t>(length));
  size_ += attribute_header + padded(length);
  set_length(size_ - header_size);
  return at + attribute_header;
}

void Writer::set_length(std::size_t attributes_bytes) {
  write_u16(buffer_.data() + 2, static_cast<std::uint16_t>(attributes_bytes));
}

Writer& Writer::username(std::string_view value) {
  std::memcpy(attribute(attr_username, value.size()), value.data(), value.size());
  return *this;
}

Writer& Writer::priority(std::uint32_t value) {
  write_u32(attribute(attr_priority, 4), value);
  return *this;
}

Writer& Writer::use_candidate() {
  attribute(attr_use_candidate, 0);
  return *this;
}

Writer& Writer::controlling(std::uint64_t tie_breaker) {
  std::uint8_t* at = attribute(attr_ice_controlling, 8);
  write_u32(at, static_cast<std::uint32_t>(tie_breaker >> 32));
  write_u32(at + 4, static_cast<std::uint32_t>(tie_breaker));
  return *this;
}

Writer& Writer::controlled(std::uint64_t tie_breaker) {
  std::uint8_t* at = attribute(attr_ice_controlled, 8);
  write_u32(at, static_cast<std::uint32_t>(tie_breaker >> 32));
  write_u32(at + 4, static_cast<std::uint32_t>(tie_breaker));
  return *this;
}

Writer& Writer::mapped(const Address& address) {
  TransactionId transaction;
  std::copy_n(buffer_.data() + 8, transaction.size(), transaction.begin());
  const auto mask = address_mask(transaction);
  const bool v4 = address.is_v4();
  const std::size_t first = v4 ? v4_at : 0, count = v4 ? 4 : 16;
  std::uint8_t* at = attribute(attr_xor_mapped_address, 4 + count);
  at[1] = v4 ? family_v4 : family_v6;
  write_u16(at + 2, static_cast<std::uint16_t>(address.port ^ (magic_cookie >> 16)));
  for (std::size_t i = 0; i < count; ++i) at[4 + i] = address.ip[first + i] ^ mask[i];
  return *this;
}

Writer& Writer::error(std::uint16_t code, std::string_view reason) {
  std::uint8_t* at = attribute(attr_error_code, 4 + reason.size());
  at[2] = static_cast<std::uint8_t>(code / 100);
  at[3] = static_cast<std::uint8_t>(code % 100);
  std::memcpy(at + 4, reason.data(), reason.size());
  return *this;
}

Writer& Writer::unknown_attributes(std::span<const std::uint16_t> types) {
  std::uint8_t* at = attribute(attr_unknown_attributes, types.size() * 2);
  for (std::size_t i = 0; i < types.size(); ++i) write_u16(at + 2 * i, types[i]);
  return *this;
}

Writer& Writer::integrity(std::string_view password) {
  const std::size_t covered = size_;
  std::uint8_t* at = attribute(attr_message_integrity, integrity_size);
  const Digest digest = hmac_sha1(password, buffer_.data(), covered);
  std::copy(digest.begin(), digest.end(), at);
  return *this;
}

Writer& Writer::fingerprint() {
  const std::size_t covered = size_;
  std::uint8_t* at = attribute(attr_fingerprint, 4);
  write_u32(at, fingerprint_of(buffer_.data(), covered));
  return *this;
}

}  // namespace hotline::voice::webrtc::stun
