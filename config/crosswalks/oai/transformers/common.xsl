<?xml version="1.0" encoding="UTF-8"?>
<!-- What all transformers do: an XOAI document goes in and comes out again, with dc.date.issued cut to a day and the
     languages of dc.language and dc.language.* as ISO 639-3 has them (en, en_US: eng). Not used on its own: driver.xsl and
     openaire4.xsl import it, openaire.xsl imports driver.xsl. They say what becomes of dates, types and rights by templates
     of the modes `date`, `type` and `rights`.

     In an XOAI document an unqualified value stands under schema/element/language/field, a qualified one under
     schema/element/qualifier/language/field. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:x="http://www.lyncode.com/xoai"
    exclude-result-prefixes="x">
  <xsl:import href="../vocabularies.xsl"/>
  <xsl:output method="xml" omit-xml-declaration="yes" indent="no"/>

  <xsl:template match="/x:metadata">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:for-each select="x:element">
        <xsl:choose>
          <xsl:when test="@name = 'dc'"><xsl:apply-templates select="." mode="dc"/></xsl:when>
          <xsl:otherwise><xsl:copy-of select="."/></xsl:otherwise>
        </xsl:choose>
      </xsl:for-each>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="x:element" mode="dc">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="x:element" mode="of-dc"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="x:element" mode="of-dc">
    <xsl:choose>
      <xsl:when test="@name = 'date'"><xsl:apply-templates select="." mode="date"/></xsl:when>
      <xsl:when test="@name = 'language'"><xsl:apply-templates select="." mode="language"/></xsl:when>
      <xsl:when test="@name = 'rights'"><xsl:apply-templates select="." mode="rights"/></xsl:when>
      <xsl:when test="@name = 'type'"><xsl:apply-templates select="." mode="type"/></xsl:when>
      <xsl:otherwise><xsl:copy-of select="."/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="x:element" mode="date">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:for-each select="x:element">
        <xsl:choose>
          <xsl:when test="@name = 'issued'"><xsl:apply-templates select="." mode="issued"/></xsl:when>
          <xsl:otherwise><xsl:copy-of select="."/></xsl:otherwise>
        </xsl:choose>
      </xsl:for-each>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="x:element" mode="issued">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="*" mode="issued"/>
    </xsl:copy>
  </xsl:template>
  <xsl:template match="x:field" mode="issued">
    <xsl:call-template name="value">
      <xsl:with-param name="value" select="substring(normalize-space(), 1, 10)"/>
    </xsl:call-template>
  </xsl:template>

  <xsl:template match="x:element" mode="language">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="*" mode="language"/>
    </xsl:copy>
  </xsl:template>
  <xsl:template match="x:field" mode="language">
    <xsl:call-template name="value">
      <xsl:with-param name="value"><xsl:call-template name="language"/></xsl:with-param>
    </xsl:call-template>
  </xsl:template>

  <!-- Unqualified values become something else, qualified ones stay. -->
  <xsl:template match="x:element" mode="type">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:for-each select="x:element[x:field]">
        <xsl:copy>
          <xsl:copy-of select="@*"/>
          <xsl:apply-templates select="x:field" mode="type"/>
        </xsl:copy>
      </xsl:for-each>
      <xsl:copy-of select="x:element[x:element]"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="x:element" mode="rights">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:for-each select="x:element[x:field]">
        <xsl:copy>
          <xsl:copy-of select="@*"/>
          <xsl:apply-templates select="x:field" mode="rights"/>
        </xsl:copy>
      </xsl:for-each>
      <xsl:call-template name="qualified-rights"/>
    </xsl:copy>
  </xsl:template>
  <xsl:template name="qualified-rights"><xsl:copy-of select="x:element[x:element]"/></xsl:template>

  <!-- The field with another value, if it is a value; authorities and confidences as they are. -->
  <xsl:template name="value">
    <xsl:param name="value"/>
    <xsl:choose>
      <xsl:when test="@name = 'value'">
        <xsl:copy>
          <xsl:copy-of select="@*"/>
          <xsl:value-of select="$value"/>
        </xsl:copy>
      </xsl:when>
      <xsl:otherwise><xsl:copy-of select="."/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>
