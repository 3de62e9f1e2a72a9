// SPDX-License-Identifier: Apache-2.0
// Goal: STUN is read and written as RFC 5769's vectors say, and nothing out of order passes.
#include "voice/webrtc/stun.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hotline::voice::webrtc::stun {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes(std::initializer_list<std::uint32_t> words) {
  Bytes out;
  for (const std::uint32_t word : words) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(word >> shift));
  }
  return out;
}

constexpr std::string_view password = "VOkJxbRl1RmTxUk/WvJxBt";

// RFC 5769 section 2.1: sample request.
const Bytes sample_request =
    bytes({0x00010058, 0x2112a442, 0xb7e7a701, 0xbc34d686, 0xfa87dfae, 0x80220010, 0x5354554e, 0x20746573, 0x7420636c,
           0x69656e74, 0x00240004, 0x6e0001ff, 0x80290008, 0x932ff9b1, 0x51263b36, 0x00060009, 0x6576746a, 0x3a683676,
           0x59202020, 0x00080014, 0x9aeaa70c, 0xbfd8cb56, 0x781ef2b5, 0xb2d3f249, 0xc1b571a2, 0x80280004, 0xe57a3bcf});
// Section 2.2: sample IPv4 response.
const Bytes sample_response_v4 =
    bytes({0x0101003c, 0x2112a442, 0xb7e7a701, 0xbc34d686, 0xfa87dfae, 0x8022000b, 0x74657374,
           0x20766563, 0x746f7220, 0x00200008, 0x0001a147, 0xe112a643, 0x00080014, 0x2b91f599,
           0xfd9e90c3, 0x8c7489f9, 0x2af9ba53, 0xf06be7d7, 0x80280004, 0xc07d4c96});
// Section 2.3: sample IPv6 response.
const Bytes sample_response_v6 =
    bytes({0x01010048, 0x2112a442, 0xb7e7a701, 0xbc34d686, 0xfa87dfae, 0x8022000b, 0x74657374, 0x20766563,
           0x746f7220, 0x00200014, 0x0002a147, 0x0113a9fa, 0xa5d3f179, 0xbc25f4b5, 0xbed2b9d9, 0x00080014,
           0xa382954e, 0x4be67bf1, 0x1784c97c, 0x8292c275, 0xbfe3ed41, 0x80280004, 0xc8fb0b4c});

constexpr TransactionId sample_transaction{0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};

Bytes copy(const Writer& writer) {
  return {writer.bytes().begin(), writer.bytes().end()};
}

TEST(Stun, ReadsTheSampleRequestOfRfc5769) {
  const auto message = parse(sample_request);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, Class::request);
  EXPECT_EQ(message->transaction, sample_transaction);
  EXPECT_EQ(message->username, "evtj:h6vY");
  EXPECT_EQ(message->priority, 0x6e0001ffU);
  EXPECT_TRUE(message->from_controlled);
  EXPECT_FALSE(message->from_controlling);
  EXPECT_FALSE(message->use_candidate);
  EXPECT_TRUE(message->has_fingerprint);
  EXPECT_EQ(message->unknown_count, 0U);
  EXPECT_TRUE(check_integrity(sample_request, *message, password));
  EXPECT_FALSE(check_integrity(sample_request, *message, "VOkJxbRl1RmTxUk/WvJxBu"));
}

TEST(Stun, ReadsTheSampleResponsesOfRfc5769) {
  const auto v4 = parse(sample_response_v4);
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->kind, Class::success);
  EXPECT_EQ(v4->mapped, Address::parse("192.0.2.1", 32853));
  EXPECT_TRUE(check_integrity(sample_response_v4, *v4, password));

  const auto v6 = parse(sample_response_v6);
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->mapped, Address::parse("2001:db8:1234:5678:11:2233:4455:6677", 32853));
  EXPECT_TRUE(check_integrity(sample_response_v6, *v6, password));
}

TEST(Stun, WritesWhatItReads) {
  for (const auto& mapped : {Address::parse("192.0.2.1", 32853), Address::parse("2001:db8::1", 1)}) {
    Writer writer{Class::success, sample_transaction};
    writer.mapped(*mapped).integrity("secret-secret-secret-secret").fingerprint();
    const Bytes packet = copy(writer);
    const auto message = parse(packet);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->kind, Class::success);
    EXPECT_EQ(message->transaction, sample_transaction);
    EXPECT_EQ(message->mapped, mapped);
    EXPECT_TRUE(message->has_fingerprint);
    EXPECT_TRUE(check_integrity(packet, *message, "secret-secret-secret-secret"));
  }
}

TEST(Stun, WritesTheBodyOfTheSampleResponses) {
  // The vectors carry SOFTWARE, which we do not send: only the address attribute is compared.
  Writer v4{Class::success, sample_transaction}, v6{Class::success, sample_transaction};
  v4.mapped(*Address::parse("192.0.2.1", 32853));
  v6.mapped(*Address::parse("2001:db8:1234:5678:11:2233:4455:6677", 32853));
  EXPECT_THAT(Bytes(v4.bytes().begin() + 20, v4.bytes().end()),
              testing::ElementsAreArray(sample_response_v4.begin() + 36, sample_response_v4.begin() + 48));
  EXPECT_THAT(Bytes(v6.bytes().begin() + 20, v6.bytes().end()),
              testing::ElementsAreArray(sample_response_v6.begin() + 36, sample_response_v6.begin() + 60));
}

TEST(Stun, ReadsErrorResponsesAndUnknownAttributes) {
  Writer writer{Class::error, sample_transaction};
  const std::uint16_t unknown[] = {0x7001, 0x7002};
  writer.error(420, "Unknown Attribute").unknown_attributes(unknown).integrity(password).fingerprint();
  const auto message = parse(writer.bytes());
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, Class::error);
  EXPECT_EQ(message->error_code, 420);
}

TEST(Stun, ReportsAttributesItMustUnderstandAndDoesNot) {
  Bytes packet = bytes({0x00010010, 0x2112a442, 1, 2, 3, 0x7ffe0004, 0, 0xfffe0004, 0});
  const auto message = parse(packet);
  ASSERT_TRUE(message);
  ASSERT_EQ(message->unknown_count, 1U) << "types from 0x8000 up may be ignored";
  EXPECT_EQ(message->unknown[0], 0x7ffe);
}

TEST(Stun, AnyFlippedBitIsRefused) {
  // The fingerprint covers all before it; a flip in the padding or in SOFTWARE counts as well.
  for (std::size_t bit = 0; bit < sample_request.size() * 8; ++bit) {
    Bytes packet = sample_request;
    packet[bit / 8] = static_cast<std::uint8_t>(packet[bit / 8] ^ (1U << (bit % 8)));
    const auto message = parse(packet);
    EXPECT_FALSE(message && message->has_fingerprint && check_integrity(packet, *message, password)) << "bit " << bit;
  }
}

TEST(Stun, AnyShortenedMessageIsRefused) {
  for (std::size_t size = 0; size < sample_request.size(); ++size) {
    EXPECT_FALSE(parse(std::span{sample_request}.first(size))) << size;
  }
}

TEST(Stun, WhatStandsBehindTheIntegrityIsNotTrusted) {
  Writer writer{Class::request, sample_transaction};
  writer.username("a:b").integrity(password).use_candidate().fingerprint();
  const auto message = parse(writer.bytes());
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->use_candidate);
}

TEST(Stun, OtherMethodsAndWrongSizesAreRefused) {
  EXPECT_FALSE(parse(bytes({0x00030000, 0x2112a442, 1, 2, 3}))) << "TURN allocate";
  EXPECT_FALSE(parse(bytes({0x00010000, 0x2112a443, 1, 2, 3}))) << "no magic cookie";
  EXPECT_FALSE(parse(bytes({0x00010004, 0x2112a442, 1, 2, 3}))) << "length beyond the packet";
  EXPECT_FALSE(parse(bytes({0x00010004, 0x2112a442, 1, 2, 3, 0x00060008}))) << "attribute beyond the packet";
  EXPECT_FALSE(parse(bytes({0x00010008, 0x2112a442, 1, 2, 3, 0x00240002, 0}))) << "PRIORITY of two bytes";
  EXPECT_FALSE(parse(Bytes(message_max + 4, 0)));
}

}  // namespace
}  // namespace hotline::voice::webrtc::stun
