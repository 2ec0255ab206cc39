-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Host: localhost    Database: tinode
-- ------------------------------------------------------
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `kvmeta`;
CREATE TABLE `kvmeta` (
  `key` varchar(64) NOT NULL,
  `value` text,
  PRIMARY KEY (`key`)
) ENGINE=InnoDB;
INSERT INTO `kvmeta` VALUES ('version','113');
CREATE TABLE `subscriptions` (
  `id` int NOT NULL AUTO_INCREMENT,
  `deletedat` datetime(3) DEFAULT NULL,
  `userid` bigint NOT NULL,
  `topic` char(25) NOT NULL,
  `recvseqid` int DEFAULT '0',
  `readseqid` int DEFAULT '0',
  `private` json DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `s` (`topic`,`userid`)
) ENGINE=InnoDB;
INSERT INTO `subscriptions` VALUES (1,NULL,71,'grpOps',18,15,'{\"comment\": \"it\'s; (ours), here\"}'),(2,NULL,72,'grpOps',20,20,NULL);
INSERT INTO `subscriptions` VALUES (3,'2026-01-01 00:00:00.000',73,'grpOps',2,1,NULL),(4,NULL,71,'p2pAdaBen',9,7,NULL);
CREATE TABLE `topics` (
  `id` int NOT NULL AUTO_INCREMENT,
  `touchedat` datetime(3) DEFAULT NULL,
  `name` char(25) NOT NULL,
  `seqid` int NOT NULL DEFAULT '0',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `topics` VALUES (1,'2026-01-01 00:00:00.000','grpOps',20),(2,'2026-01-01 00:00:00.000','p2pAdaBen',9);
-- Dump completed on 2026-01-01
