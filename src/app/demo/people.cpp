// SPDX-License-Identifier: Apache-2.0
// The tables behind the demonstration city's people and places. Pure.
#include "app/demo/people.hpp"

#include <iterator>

namespace hotline::app::demo {
namespace {

struct Surname {
  std::string_view text;
  int weight;
};
// The hundred most frequent family names with their frequency in a list of a thousand (Chinese-Names-Corpus,
// Apache-2.0; see NOTICE).
constexpr Surname surnames[] = {
    {"王", 9520}, {"李", 9340}, {"张", 8960}, {"刘", 6770}, {"陈", 6130}, {"杨", 4270}, {"黄", 3260}, {"吴", 2680},
    {"赵", 2670}, {"周", 2520}, {"徐", 1930}, {"孙", 1830}, {"马", 1720}, {"朱", 1700}, {"胡", 1550}, {"林", 1510},
    {"郭", 1500}, {"何", 1400}, {"高", 1330}, {"罗", 1260}, {"郑", 1240}, {"梁", 1130}, {"谢", 1010}, {"宋", 932},
    {"唐", 917},  {"许", 881},  {"邓", 821},  {"冯", 818},  {"韩", 815},  {"曹", 791},  {"曾", 772},  {"彭", 766},
    {"肖", 739},  {"蔡", 701},  {"潘", 687},  {"田", 685},  {"董", 677},  {"袁", 667},  {"于", 642},  {"余", 633},
    {"蒋", 632},  {"叶", 632},  {"杜", 619},  {"苏", 606},  {"魏", 603},  {"程", 601},  {"吕", 596},  {"丁", 576},
    {"沈", 550},  {"任", 547},  {"姚", 538},  {"卢", 536},  {"钟", 533},  {"姜", 523},  {"崔", 509},  {"谭", 499},
    {"廖", 487},  {"范", 485},  {"汪", 483},  {"陆", 480},  {"金", 467},  {"石", 455},  {"戴", 449},  {"贾", 439},
    {"韦", 430},  {"夏", 426},  {"邱", 423},  {"方", 413},  {"侯", 401},  {"邹", 394},  {"熊", 384},  {"孟", 383},
    {"秦", 379},  {"白", 374},  {"毛", 374},  {"江", 369},  {"闫", 360},  {"薛", 347},  {"尹", 346},  {"付", 336},
    {"段", 320},  {"雷", 319},  {"黎", 288},  {"史", 285},  {"龙", 281},  {"钱", 279},  {"贺", 274},  {"陶", 274},
    {"顾", 272},  {"龚", 264},  {"郝", 264},  {"邵", 262},  {"万", 254},  {"严", 246},  {"洪", 240},  {"赖", 240},
    {"武", 239},  {"傅", 236},  {"莫", 233},  {"孔", 231}};

constexpr std::string_view given_first[] = {"志", "文", "建", "国", "秀", "美", "晓", "小", "雅", "思",
                                            "子", "宇", "佳", "明", "海", "春", "玉", "雪", "丽", "红",
                                            "家", "永", "德", "景", "立", "心", "嘉", "俊", "浩", "静",
                                            "慧", "淑", "少", "振", "光", "天", "云", "月", "书", "若"};
constexpr std::string_view given_second[] = {"明", "华", "英", "芳", "强", "伟", "敏", "静", "涛", "辉",
                                             "玲", "梅", "燕", "峰", "平", "杰", "娟", "霞", "鹏", "宁",
                                             "琳", "怡", "轩", "涵", "琪", "航", "凯", "颖", "龙", "兰",
                                             "斌", "萍", "欣", "妍", "毅", "泽", "蓉", "洁", "彬", "雯"};

constexpr std::string_view company_words[] = {"远帆", "海星", "潮声", "蓝湾", "金锚", "鹭岛",   "云屏",
                                              "东礁", "顺风", "长汐", "晨渔", "银滩", "北斗湾", "和顺",
                                              "启明", "嘉禾", "新港", "百川", "聚贤", "宏远"};
constexpr std::string_view company_kinds[] = {"物流有限公司", "水产贸易行",   "机电有限公司", "酒店",      "建材商行",
                                              "服装厂",       "电子有限公司", "食品有限公司", "旅行社",    "五金商店",
                                              "诊所",         "印刷厂",       "大酒楼",       "船舶维修厂"};

constexpr std::array<District, 6> all_districts = {{
    {"港湾区", "港湾局", "8811", {"望潮路", "码头前街", "灯塔路", "海关巷", "渔市街", "新港大道"}},
    {"云屏区", "云屏局", "8822", {"云屏山路", "书院街", "文昌巷", "师范路", "梧桐里", "钟楼大街"}},
    {"东礁区", "东礁局", "8833", {"东礁大道", "船厂路", "听涛街", "石桥巷", "银滩路", "盐埕街"}},
    {"鹭洲区", "鹭洲局", "8844", {"鹭洲中路", "白鹭街", "湖心路", "会展大道", "环岛东路", "凤凰木街"}},
    {"龙津县", "龙津局", "6655", {"龙津街", "茶亭路", "水库路", "糖厂街", "县前路", "榕树巷"}},
    {"青屿县", "青屿局", "6677", {"青屿街", "渡口路", "妈祖宫巷", "海堤路", "紫菜街", "礁石湾路"}},
}};

}  // namespace

const std::array<District, 6>& districts() {
  return all_districts;
}

std::string person_name(Chance& chance) {
  int total = 0;
  for (const Surname& surname : surnames) total += surname.weight;
  int left = static_cast<int>(chance.below(static_cast<std::size_t>(total)));
  std::string name;
  for (const Surname& surname : surnames) {
    left -= surname.weight;
    if (left >= 0) continue;
    name = surname.text;
    break;
  }
  if (chance.percent(82)) name += chance.of(given_first);
  name += chance.of(given_second);
  return name;
}

std::string company_name(Chance& chance) {
  return std::string("澜海") + std::string(chance.of(company_words)) + std::string(chance.of(company_kinds));
}

std::string address(Chance& chance, const District& district, bool business) {
  std::string out = std::string(city) + std::string(district.name) + std::string(chance.of(district.streets)) + " " +
                    std::to_string(chance.between(1, 298)) + " 号";
  if (business) return chance.percent(50) ? out : out + " " + std::to_string(chance.between(2, 18)) + " 楼";
  const int floor = chance.between(1, 9);
  return out + " " + std::to_string(chance.between(1, 6)) + " 单元 " + std::to_string(floor) + "0" +
         std::to_string(chance.between(1, 4)) + " 室";
}

}  // namespace hotline::app::demo
