// SPDX-License-Identifier: Apache-2.0
#include "adapters/api/pcap.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hotline::api {
namespace {

constexpr std::uint32_t raw_ip = 101;
constexpr std::size_t datagram_max = 65'000;

struct Address {
  bool v6 = false;
  std::string bytes;
  std::uint16_t port = 0;
};

std::optional<Address> parse(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  Address out;
  const auto read = std::from_chars(text.data() + colon + 1, text.data() + text.size(), out.port);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  std::array<char, 16> raw{};
  if (inet_pton(AF_INET, host.c_str(), raw.data()) == 1) {
    out.bytes.assign(raw.data(), 4);
  } else if (inet_pton(AF_INET6, host.c_str(), raw.data()) == 1) {
    out.v6 = true;
    out.bytes.assign(raw.data(), 16);
  } else {
    return std::nullopt;
  }
  return out;
}

void put16(std::string& out, std::size_t value) {
  out += static_cast<char>((value >> 8U) & 0xFFU);
  out += static_cast<char>(value & 0xFFU);
}
void put32_little(std::string& out, std::uint64_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>((value >> shift) & 0xFFU);
}

/// RFC 1071.
std::uint16_t checksum(std::string_view bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const auto high = static_cast<std::uint8_t>(bytes[i]);
    const auto low = i + 1 < bytes.size() ? static_cast<std::uint8_t>(bytes[i + 1]) : std::uint8_t{0};
    sum += (std::uint32_t{high} << 8U) | low;
  }
  while (sum > 0xFFFFU) sum = (sum & 0xFFFFU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum & 0xFFFFU);
}

std::string packet(const Address& from, const Address& to, const std::string& text) {
  std::string udp;
  put16(udp, from.port);
  put16(udp, to.port);
  put16(udp, text.size() + 8);
  put16(udp, 0);
  udp += text;
  std::string pseudo = from.bytes + to.bytes;
  if (from.v6) {
    put16(pseudo, 0);
    put16(pseudo, udp.size());
    pseudo += std::string("\0\0\0\x11", 4);
  } else {
    pseudo += std::string("\0\x11", 2);
    put16(pseudo, udp.size());
  }
  std::uint16_t sum = checksum(pseudo + udp);
  if (sum == 0) sum = 0xFFFF;
  udp[6] = static_cast<char>(sum >> 8U);
  udp[7] = static_cast<char>(sum & 0xFFU);
  std::string ip;
  if (from.v6) {
    ip += std::string("\x60\0\0\0", 4);
    put16(ip, udp.size());
    ip += std::string("\x11\x40", 2);
  } else {
    ip += std::string("\x45\0", 2);
    put16(ip, udp.size() + 20);
    ip += std::string("\0\0\x40\0\x40\x11\0\0", 8);
  }
  ip += from.bytes + to.bytes;
  if (!from.v6) {
    const std::uint16_t header = checksum(ip);
    ip[10] = static_cast<char>(header >> 8U);
    ip[11] = static_cast<char>(header & 0xFFU);
  }
  return ip + udp;
}

}  // namespace

std::string to_pcap(const std::vector<app::SipMessage>& messages) {
  std::string out;
  put32_little(out, 0xA1B2C3D4U);
  out += std::string("\x02\0\x04\0", 4);  // version 2.4
  put32_little(out, 0);
  put32_little(out, 0);
  put32_little(out, 262'144);
  put32_little(out, raw_ip);
  for (const app::SipMessage& message : messages) {
    const auto local = parse(message.local);
    const auto remote = parse(message.remote);
    if (!local || !remote || local->v6 != remote->v6 || message.message.size() > datagram_max) continue;
    const std::string bytes =
        message.sent ? packet(*local, *remote, message.message) : packet(*remote, *local, message.message);
    put32_little(out, static_cast<std::uint64_t>(message.at_us / 1'000'000));
    put32_little(out, static_cast<std::uint64_t>(message.at_us % 1'000'000));
    put32_little(out, bytes.size());
    put32_little(out, bytes.size());
    out += bytes;
  }
  return out;
}

}  // namespace hotline::api
