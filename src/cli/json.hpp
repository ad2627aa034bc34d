#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace volley::cli {

/// One JSON object, its fields in the order they were set. What is not known is null; NaN never
/// appears, and text that is not UTF-8 has its bad bytes replaced.
class JsonObject {
 public:
  JsonObject();
  JsonObject(const JsonObject& other);
  JsonObject(JsonObject&&) noexcept;
  JsonObject& operator=(JsonObject other) noexcept;
  ~JsonObject();

  JsonObject& set_null(std::string_view key);
  JsonObject& set(std::string_view key, std::string_view text);
  JsonObject& set(std::string_view key, const char* text) {
    return set(key, std::string_view{text});
  }
  JsonObject& set(std::string_view key, double number);
  JsonObject& set(std::string_view key, const JsonObject& object);
  template <std::same_as<bool> Boolean>
  JsonObject& set(std::string_view key, Boolean value) {
    return set_bool(key, value);
  }
  template <std::unsigned_integral Number>
    requires(!std::same_as<Number, bool>)
  JsonObject& set(std::string_view key, Number number) {
    return set_whole(key, number);
  }
  template <class T>
  JsonObject& set(std::string_view key, const std::optional<T>& value) {
    return value ? set(key, *value) : set_null(key);
  }

  /// Adds an object to the array of this name.
  JsonObject& append(std::string_view key, const JsonObject& object);

  /// On one line.
  std::string text() const;

 private:
  JsonObject& set_bool(std::string_view key, bool value);
  JsonObject& set_whole(std::string_view key, std::uint64_t number);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace volley::cli
