#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <volley/bytes.hpp>

namespace volley::sim {

/// Names one request in the harness's own books. It stands in the request's body and in its
/// result's, so that nothing the product says is needed to tell which is which.
enum class Uid : std::uint64_t {};

inline constexpr std::size_t kLeastBody = 8;
inline constexpr std::size_t kLeastResult = 16;

/// Writes a request's body of `size` bytes, at least kLeastBody.
void write_body(std::vector<std::byte>& into, Uid uid, std::size_t size);
/// Writes what the `execution`th execution of a request answers, at least kLeastResult bytes.
void write_result(std::vector<std::byte>& into, Uid uid, std::uint64_t execution, std::size_t size);

/// Whose request, or result, this is, going by its first 8 bytes.
std::optional<Uid> uid_of(Bytes body);
/// Which execution a result is of, going by the next 8.
std::optional<std::uint64_t> execution_of(Bytes result);

}  // namespace volley::sim
